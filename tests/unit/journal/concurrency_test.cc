// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <atomic>
#include <thread>

#include "base/clock.h"
#include "tests/unit/journal/workbench.h"

// One thread appends as fast as it can, and one reads and settles. The journal's thread creates,
// synchronises and retires segments under a small bound. A fourth thread asks for the balance.
namespace mongo_store::journal {
namespace {

constexpr std::uint64_t kRecords = 60'000;
constexpr std::size_t kBytes = 1500;  // about twenty segments; four fit at a time

struct Outcome {
  std::atomic<std::uint64_t> refused{0};
  std::atomic<bool> has_appended{false};
  std::atomic<bool> is_wrong{false};
  std::uint64_t read = 0;
};

void append_all(Journal& journal, Outcome& outcome) {
  const std::string body = body_of(0, kBytes);
  for (std::uint64_t n = 1; n <= kRecords;) {
    if (journal.append(id_of(n), as_bytes(body), {}) == AppendOutcome::kAppended) {
      ++n;
    } else {
      ++outcome.refused;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  outcome.has_appended = true;
}

void read_all(Journal& journal, Outcome& outcome) {
  const std::string body = body_of(0, kBytes);
  ReadBatch batch;
  while (outcome.read < kRecords && !outcome.is_wrong) {
    const Result<bool> got = journal.read(batch, 500, kBatchBytes / 4);
    if (!got.is_ok() || batch.damaged != 0) outcome.is_wrong = true;
    if (!got.is_ok() || !got.value()) continue;
    for (const RecordView& record : batch.records) {
      ++outcome.read;
      if (record.sequence != outcome.read || record.id != id_of(outcome.read) ||
          as_text(record.body) != body) {
        outcome.is_wrong = true;
      }
    }
    journal.advance(batch.end, {batch.records.size(), 0, 0, 0}, batch.last_id);
  }
}

void watch_balance(const Journal& journal, Outcome& outcome, const std::atomic<bool>& is_over) {
  std::uint64_t last = 0;
  while (!is_over) {
    const Balance balance = journal.balance();
    if (balance.appended != balance.settled.total() + balance.pending ||
        balance.pending > kRecords || balance.appended < last ||
        journal.used_bytes() > journal.bytes_max()) {
      outcome.is_wrong = true;
    }
    last = balance.appended;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void everything_kept_is_read_once_and_in_order(void** state) {
  Workbench& bench = bench_of(state);
  bench.settings.bytes_max = 4 * kSegmentBytes + kStandingBytes;
  bench.settings.sync_interval_ms = 5;
  const SystemClock clock;
  auto opened = Journal::open(bench.settings, bench.posix, clock, bench.logger);
  assert_true(opened.is_ok());
  Journal& journal = *opened.value();
  Outcome outcome;
  std::atomic<bool> is_over{false};
  std::thread appending([&] { append_all(journal, outcome); });
  std::thread reading([&] { read_all(journal, outcome); });
  std::thread watching([&] { watch_balance(journal, outcome, is_over); });
  appending.join();
  reading.join();
  is_over = true;
  watching.join();
  assert_false(outcome.is_wrong.load());
  assert_int_equal(outcome.read, kRecords);
  assert_int_equal(journal.balance().pending, 0);
  assert_int_equal(journal.balance().settled.stored, kRecords);
  print_message("refused %llu times, %llu segments made inline\n",
                static_cast<unsigned long long>(outcome.refused.load()),
                static_cast<unsigned long long>(journal.inline_segments()));
}

void a_close_beside_a_reader_is_orderly(void** state) {
  Workbench& bench = bench_of(state);
  const SystemClock clock;
  for (int round = 0; round < 20; ++round) {
    auto opened = Journal::open(bench.settings, bench.posix, clock, bench.logger);
    assert_true(opened.is_ok());
    Journal& journal = *opened.value();
    const std::string body = body_of(1, 100);
    for (std::uint64_t n = 1; n <= 200; ++n) (void)journal.append(id_of(n), as_bytes(body), {});
    std::atomic<bool> is_over{false};
    std::thread reading([&] {
      ReadBatch batch;
      while (!is_over) {
        const Result<bool> got = journal.read(batch, 10, 100'000);
        if (got.is_ok() && got.value()) {
          journal.advance(batch.end, {batch.records.size(), 0, 0, 0}, batch.last_id);
        }
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
    journal.close();
    is_over = true;
    reading.join();
    assert_int_equal(journal.balance().appended, 200 * (round + 1));
  }
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(everything_kept_is_read_once_and_in_order),
      ON_PLAIN(everything_kept_is_read_once_and_in_order),
      ON_MAPPED(a_close_beside_a_reader_is_orderly),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
