// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/kept_payloads.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/inspection.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

constexpr const char* kFolder = "/journal";
constexpr const char* kPayload = "a payload";
constexpr std::uint64_t kPayloadBytes = 9;

struct Bench {
  Bench() { (void)memory.make_directory(kFolder); }

  // The disk becomes full in the middle of a write.
  void write_half() {
    const auto file = memory.open_or_create(payloads.path(id_of(1)));
    assert_true(file.is_ok());
    assert_true(file.value()->write(0, as_bytes(std::string_view(kPayload).substr(0, 4))).is_ok());
  }
  Status keep() { return payloads.keep(id_of(1), as_bytes(std::string_view(kPayload))); }
  std::uint64_t used_by_a_new_run() {
    test::FakeClock clock;
    test::RecordingLogger logger;
    Journal::Settings settings;
    settings.directory = kFolder;
    const auto journal = Journal::open(settings, memory, clock, logger);
    return journal.is_ok() ? journal.value()->used_bytes() : 0;
  }

  test::MemoryFileSystem memory;
  test::FaultyFileSystem files{memory};
  SpaceBudget budget{100};
  KeptPayloads payloads{kFolder, files, budget};
};

struct IgnoringVisitor final : InspectionVisitor {
  void on_record(const FoundRecord&) override {}
  void on_damage(const FoundDamage&) override {}
};

void the_device_has_it_before_it_counts_as_kept(void**) {
  Bench bench;
  assert_true(bench.keep().is_ok());
  const std::string path = text(kFolder, '/', id_of(1).hex(), ".payload");
  assert_string_equal(bench.payloads.path(id_of(1)).c_str(), path.c_str());
  std::vector<std::string> order;
  for (const auto& call : bench.files.calls()) {
    if (call.name != "size") order.push_back(call.name);
  }
  assert_true(
      (order == std::vector<std::string>{"open_or_create", "write", "sync", "sync_directory"}));
  for (const std::string& name : order) {
    bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
      return call.name == name ? Status::io("broken") : Status();
    });
    assert_true(bench.keep().code() == StatusCode::kIo);
  }
}

void a_failed_try_takes_the_room_of_what_it_left_and_no_more(void**) {
  for (const char* failing : {"open_or_create", "write", "sync", "sync_directory"}) {
    Bench bench;
    bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
      if (call.name != failing) return Status();
      if (call.name == "write") bench.write_half();
      return Status::io("broken");
    });
    for (int i = 0; i < 64; ++i) assert_true(bench.keep().code() == StatusCode::kIo);
    const auto file = bench.memory.open(bench.payloads.path(id_of(1)));
    const std::uint64_t there = file.is_ok() ? file.value()->size().value() : 0;
    assert_int_equal(bench.budget.used(), there);
    bench.files.set_fault({});
    assert_true(bench.keep().is_ok());
    assert_int_equal(bench.budget.used(), kPayloadBytes);
  }
}

void the_same_one_again_takes_no_more_room(void**) {
  Bench bench;
  assert_true(bench.keep().is_ok());
  assert_true(bench.keep().is_ok());
  assert_int_equal(bench.budget.used(), kPayloadBytes);
}

void it_goes_over_the_bound_and_says_so(void**) {
  Bench bench;
  bench.budget.take(100);
  assert_true(bench.keep().is_ok());
  assert_int_equal(bench.budget.used(), 100 + kPayloadBytes);
}

void later_runs_count_its_room_and_an_inspection_shows_it(void**) {
  Bench bench;
  const std::uint64_t before = bench.used_by_a_new_run();
  assert_true(before > 0);
  assert_true(bench.keep().is_ok());
  assert_int_equal(bench.used_by_a_new_run(), before + kPayloadBytes);
  IgnoringVisitor visitor;
  const Result<Inspection> found = inspect(kFolder, bench.memory, visitor);
  assert_true(found.is_ok());
  assert_int_equal(found.value().kept_payloads, 1);
  assert_int_equal(found.value().kept_payload_bytes, kPayloadBytes);
  assert_int_equal(found.value().set_aside_files, 0);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_device_has_it_before_it_counts_as_kept),
      cmocka_unit_test(a_failed_try_takes_the_room_of_what_it_left_and_no_more),
      cmocka_unit_test(the_same_one_again_takes_no_more_room),
      cmocka_unit_test(it_goes_over_the_bound_and_says_so),
      cmocka_unit_test(later_runs_count_its_room_and_an_inspection_shows_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
