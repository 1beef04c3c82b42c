// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/posix_file_system.h"

#include <algorithm>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

std::unique_ptr<File> must_create(Workbench& bench, const std::string& name) {
  auto created = bench.posix.create(bench.path(name));
  assert_true(created.is_ok());
  return std::move(created).value();
}

void what_is_written_is_read(void** state) {
  Workbench& bench = bench_of(state);
  const auto file = must_create(bench, "f");
  assert_true(file->write(10, as_bytes("hello")).is_ok());
  assert_true(file->sync().is_ok());
  ByteBuffer bytes(20);
  assert_int_equal(file->read(10, bytes).value(), 5);
  assert_memory_equal(bytes.data(), "hello", 5);
  assert_int_equal(file->read(15, bytes).value(), 0);
  assert_int_equal(file->size().value(), 15);
}

void a_map_and_a_read_see_the_same_bytes(void** state) {
  Workbench& bench = bench_of(state);
  const auto file = must_create(bench, "f");
  assert_true(file->allocate(65536).is_ok());
  assert_int_equal(file->size().value(), 65536);
  auto mapped = file->map(65536);
  assert_true(mapped.is_ok());
  mapped.value()->touch(0, 65536);
  mapped.value()->touch(60'000, 1'000'000);  // a hint: a range beyond the end is no error
  mapped.value()->bytes()[5001] = std::byte{9};
  assert_true(mapped.value()->sync(5000, 10).is_ok());
  ByteBuffer byte(1);
  assert_int_equal(file->read(5001, byte).value(), 1);
  assert_int_equal(std::to_integer<int>(byte[0]), 9);
}

void touching_leaves_content_as_it_is(void** state) {
  Workbench& bench = bench_of(state);
  const auto file = must_create(bench, "f");
  const ByteBuffer bytes(8192, std::byte{3});
  assert_true(file->write(0, bytes).is_ok());
  auto mapped = file->map(8192);
  assert_true(mapped.is_ok());
  mapped.value()->touch(0, 8192);
  assert_true(std::equal(bytes.begin(), bytes.end(), mapped.value()->bytes().begin()));
}

// Including data that is only in the kernel's cache, or mapped.
void the_device_gives_back_what_was_written(void** state) {
  Workbench& bench = bench_of(state);
  auto file = must_create(bench, "f");
  assert_true(file->allocate(4 * kPageBytes).is_ok());
  assert_true(file->write(kPageBytes, ByteBuffer(kPageBytes, std::byte{'w'})).is_ok());
  const auto mapping = file->map(4 * kPageBytes);
  mapping.value()->bytes()[2 * kPageBytes] = std::byte{'m'};
  alignas(kPageBytes) std::byte page[kPageBytes];
  const char* const expected = "\0wm\0";
  for (std::size_t i = 0; i < 4; ++i) {
    assert_int_equal(file->read_device(i * kPageBytes, page).value(), kPageBytes);
    assert_int_equal(std::to_integer<int>(page[0]), expected[i]);
  }
}

void errors_have_the_code_of_their_decision(void** state) {
  Workbench& bench = bench_of(state);
  assert_int_equal(bench.posix.open(bench.path("none")).code(), StatusCode::kAbsent);
  (void)must_create(bench, "f");
  assert_int_equal(bench.posix.create(bench.path("f")).code(), StatusCode::kIo);
  assert_int_equal(bench.posix.unlink(bench.path("none")).code(), StatusCode::kAbsent);
  assert_int_equal(bench.posix.list(bench.path("none")).code(), StatusCode::kAbsent);
  const Status renamed = bench.posix.rename(bench.path("none"), bench.path("other"));
  assert_int_equal(renamed.code(), StatusCode::kAbsent);
  assert_non_null(strstr(renamed.message().c_str(), "none"));
  assert_int_equal(bench.posix.make_directory(bench.path("f/g")).code(), StatusCode::kIo);
}

void a_full_disk_is_no_space(void**) {
  PosixFileSystem files;
  auto full = files.open("/dev/full");
  if (!full.is_ok()) skip();
  assert_int_equal(full.value()->write(0, as_bytes("x")).code(), StatusCode::kNoSpace);
}

void a_lock_is_held_once_and_goes_with_its_file(void** state) {
  Workbench& bench = bench_of(state);
  auto first = must_create(bench, "lock");
  const auto second = bench.posix.open_or_create(bench.path("lock"));
  assert_true(first->lock().is_ok());
  assert_int_equal(second.value()->lock().code(), StatusCode::kBusy);
  first.reset();
  assert_true(second.value()->lock().is_ok());
}

void a_look_at_a_lock_takes_none(void** state) {
  Workbench& bench = bench_of(state);
  auto holder = must_create(bench, "lock");
  const auto other = bench.posix.open(bench.path("lock"));
  assert_false(other.value()->is_locked());
  assert_true(holder->lock().is_ok());
  assert_true(other.value()->is_locked());
  holder.reset();
  assert_false(other.value()->is_locked());
}

void names_are_listed_in_order(void** state) {
  Workbench& bench = bench_of(state);
  for (const char* const name : {"b", "c", "a"}) (void)must_create(bench, name);
  const auto names = bench.posix.list(bench.settings.directory);
  assert_true(names.value() == (std::vector<std::string>{"a", "b", "c"}));
}

void folders_are_made_with_their_parents_and_may_exist(void** state) {
  Workbench& bench = bench_of(state);
  const std::string path = bench.path("x/y/z");
  assert_true(bench.posix.make_directory(path).is_ok());
  assert_true(bench.posix.make_directory(path).is_ok());
  assert_true(bench.posix.sync_directory(path).is_ok());
}

void the_file_system_has_a_name(void** state) {
  const auto facts = bench_of(state).posix.facts(bench_of(state).settings.directory);
  assert_true(facts.is_ok());
  assert_false(facts.value().name.empty());
  const auto volatile_facts = bench_of(state).posix.facts("/dev/shm");
  if (volatile_facts.is_ok() && volatile_facts.value().name == "tmpfs") {
    assert_int_equal(volatile_facts.value().medium, Medium::kVolatile);
  }
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(what_is_written_is_read),
      ON_MAPPED(a_map_and_a_read_see_the_same_bytes),
      ON_MAPPED(touching_leaves_content_as_it_is),
      ON_MAPPED(the_device_gives_back_what_was_written),
      ON_MAPPED(errors_have_the_code_of_their_decision),
      cmocka_unit_test(a_full_disk_is_no_space),
      ON_MAPPED(a_lock_is_held_once_and_goes_with_its_file),
      ON_MAPPED(a_look_at_a_lock_takes_none),
      ON_MAPPED(names_are_listed_in_order),
      ON_MAPPED(folders_are_made_with_their_parents_and_may_exist),
      ON_MAPPED(the_file_system_has_a_name),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
