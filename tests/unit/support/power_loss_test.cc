// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/power_loss/composition.h"
#include "tests/support/power_loss/power_loss_file_system.h"

// The model of a power loss, without a journal.
namespace mongo_store::test {
namespace {

constexpr std::uint64_t kSectors = 8;
constexpr std::uint64_t kSectorBytes = 512;

struct Disk {
  MemoryFileSystem memory;
  std::unique_ptr<PowerLossFileSystem> files;
  bool is_failing = false;

  Disk() { plug_in(); }
  void plug_in() {
    files = std::make_unique<PowerLossFileSystem>(memory, "/shadow");
    files->set_hook([this](const FileCall& call) {
      const bool is_sync = call.name == "sync" || call.name == "map_sync";
      return is_failing && is_sync ? Fault{Status::io("as told")} : Fault();
    });
    assert_true(files->make_directory("/d").is_ok());
  }

  std::unique_ptr<journal::File> make(const std::string& path) {
    auto file = files->create(path);
    assert_true(file.is_ok());
    return std::move(file).value();
  }
  // What a file is after a power loss; nullopt: it isn't there.
  std::optional<std::string> after(std::uint64_t seed, const std::string& name) {
    MemoryFileSystem target;
    assert_true(compose({"/d", "/shadow", seed, {}}, memory, target, "/after").is_ok());
    const auto file = target.open(text("/after/", name));
    if (!file.is_ok()) return std::nullopt;
    std::string content(file.value()->size().value(), '\0');
    const std::span<char> chars(content);
    assert_true(file.value()->read(0, std::as_writable_bytes(chars)).is_ok());
    return content;
  }
};

int set_up(void** state) {
  *state = new Disk;
  return 0;
}
int tear_down(void** state) {
  delete static_cast<Disk*>(*state);
  return 0;
}
Disk& disk_of(void** state) { return *static_cast<Disk*>(*state); }

bool is(const std::optional<std::string>& content, const std::string& expected) {
  return content && *content == expected;
}

void what_was_synchronised_stays_and_the_rest_is_as_the_seed_says(void** state) {
  Disk& disk = disk_of(state);
  const auto file = disk.make("/d/f");
  assert_true(file->write(0, as_bytes("old")).is_ok());
  assert_true(file->sync().is_ok());
  assert_true(!disk.after(0, "f"));  // its entry isn't
  assert_true(disk.files->sync_directory("/d").is_ok());
  assert_true(file->write(0, as_bytes("newer")).is_ok());
  assert_true(is(disk.after(0, "f"), "old"));
  assert_true(is(disk.after(1, "f"), "newer"));
  assert_true(file->sync().is_ok());
  assert_true(is(disk.after(0, "f"), "newer"));
}

void a_synchronised_range_of_a_map_is_that_range_only(void** state) {
  Disk& disk = disk_of(state);
  const auto file = disk.make("/d/f");
  assert_true(file->allocate(12).is_ok());
  assert_true(disk.files->sync_directory("/d").is_ok());
  auto mapping = file->map(12);
  for (std::byte& byte : mapping.value()->bytes()) byte = std::byte{'x'};
  assert_true(mapping.value()->sync(4, 4).is_ok());
  assert_true(is(disk.after(0, "f"), std::string("\0\0\0\0xxxx\0\0\0\0", 12)));
}

void what_a_failed_synchronisation_covered_is_lost_until_it_is_stored_again(void** state) {
  Disk& disk = disk_of(state);
  const auto file = disk.make("/d/f");
  assert_true(disk.files->sync_directory("/d").is_ok());
  assert_true(file->write(0, as_bytes("lost")).is_ok());
  disk.is_failing = true;
  assert_true(!file->sync().is_ok());
  disk.is_failing = false;
  assert_true(file->sync().is_ok());
  assert_true(disk.after(0, "f").value_or("").find("lost") == std::string::npos);
  assert_true(file->write(0, as_bytes("back")).is_ok());
  assert_true(file->sync().is_ok());
  assert_true(is(disk.after(0, "f"), "back"));
}

void an_entry_changes_for_good_when_its_folder_is_synchronised(void** state) {
  Disk& disk = disk_of(state);
  {
    const auto file = disk.make("/d/a");
    assert_true(file->write(0, as_bytes("1")).is_ok() && file->sync().is_ok());
  }
  assert_true(disk.files->sync_directory("/d").is_ok());
  assert_true(disk.files->rename("/d/a", "/d/b").is_ok());
  assert_true(is(disk.after(0, "a"), "1") && !disk.after(0, "b"));
  assert_true(is(disk.after(1, "b"), "1") && !disk.after(1, "a"));
  assert_true(disk.files->sync_directory("/d").is_ok());
  assert_true(is(disk.after(0, "b"), "1") && !disk.after(0, "a"));
  assert_true(disk.files->unlink("/d/b").is_ok());
  assert_true(is(disk.after(0, "b"), "1") && !disk.after(1, "b"));
  assert_true(disk.files->sync_directory("/d").is_ok());
  assert_true(!disk.after(0, "b"));
}

void sectors_are_dropped_kept_and_torn_each_on_its_own(void** state) {
  Disk& disk = disk_of(state);
  const auto file = disk.make("/d/f");
  assert_true(file->write(0, as_bytes(std::string(kSectors * kSectorBytes, 'o'))).is_ok());
  assert_true(file->sync().is_ok() && disk.files->sync_directory("/d").is_ok());
  assert_true(file->write(0, as_bytes(std::string(kSectors * kSectorBytes, 'n'))).is_ok());
  int old_ones = 0;
  int new_ones = 0;
  int torn_ones = 0;
  for (std::uint64_t seed = 4; seed < 104; ++seed) {
    const std::string content = disk.after(seed, "f").value();
    assert_true(content == disk.after(seed, "f").value());  // repeatable
    for (std::uint64_t i = 0; i < kSectors; ++i) {
      const std::string sector = content.substr(i * kSectorBytes, kSectorBytes);
      const bool has_old = sector.find('o') != std::string::npos;
      const bool has_new = sector.find('n') != std::string::npos;
      ++(has_old && has_new ? torn_ones : has_old ? old_ones : new_ones);
    }
  }
  assert_true(old_ones > 50 && new_ones > 50 && torn_ones > 20);
}

void the_shadow_outlives_the_process(void** state) {
  Disk& disk = disk_of(state);
  {
    const auto file = disk.make("/d/f");
    assert_true(file->write(0, as_bytes("old")).is_ok() && file->sync().is_ok());
    assert_true(disk.files->sync_directory("/d").is_ok());
    assert_true(file->write(0, as_bytes("new")).is_ok());
  }
  disk.plug_in();
  assert_true(is(disk.after(0, "f"), "old"));
  const auto again = disk.files->open("/d/f");
  assert_true(again.value()->sync().is_ok());
  assert_true(is(disk.after(0, "f"), "new"));
}

}  // namespace
}  // namespace mongo_store::test

int main() {
  using namespace mongo_store::test;
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_synchronised_stays_and_the_rest_is_as_the_seed_says,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_synchronised_range_of_a_map_is_that_range_only, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(
          what_a_failed_synchronisation_covered_is_lost_until_it_is_stored_again, set_up,
          tear_down),
      cmocka_unit_test_setup_teardown(an_entry_changes_for_good_when_its_folder_is_synchronised,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(sectors_are_dropped_kept_and_torn_each_on_its_own, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_shadow_outlives_the_process, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
