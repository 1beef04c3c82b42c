// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/batch_queue.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/support/cmocka.h"
#include "tests/unit/delivery/bench_fixture.h"
#include "tests/unit/delivery/journal_bench.h"

namespace mongo_store::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Bench : JournalBench {
  BatchQueue make_queue(std::size_t documents_max = 1000) {
    return BatchQueue({documents_max, 4 << 20, 1}, *journal, stop, clock, log);
  }
  StopSignal stop;
};

using Fixture = BenchFixture<Bench>;

constexpr std::int64_t kLongMs = 60'000;

bool has_next(BatchQueue& queue, journal::ReadBatch& batch, BatchQueue::Ticket& ticket) {
  return queue.next(batch, ticket, kLongMs) == BatchQueue::Next::kBatch;
}

void batches_are_in_order_and_have_each_record_once(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append_good(1, 25));
  BatchQueue queue = bench.make_queue(10);
  std::uint64_t expected = 1;
  for (const std::size_t records : {10, 10, 5}) {
    journal::ReadBatch batch;
    BatchQueue::Ticket ticket = 0;
    assert_true(has_next(queue, batch, ticket));
    assert_int_equal(batch.records.size(), records);
    for (const auto& record : batch.records) assert_int_equal(record.sequence, expected++);
    queue.settle(ticket, {records, 0, 0, 0});
  }
  assert_int_equal(bench.journal->balance().pending, 0);
  assert_int_equal(bench.log.count("read"), 0);  // a success isn't logged
}

// Tries each order in which five batches of one record can be settled.
void the_checkpoint_moves_only_past_settled_records_without_a_gap(void** state) {
  Bench& bench = Fixture::of(state);
  constexpr std::size_t kBatches = 5;
  std::vector<std::size_t> order(kBatches);
  std::iota(order.begin(), order.end(), 0);
  BatchQueue queue = bench.make_queue(1);
  std::uint64_t appended = 0;
  do {
    assert_true(bench.append_good(appended + 1, appended + kBatches));
    appended += kBatches;
    std::vector<BatchQueue::Ticket> tickets(kBatches);
    journal::ReadBatch batch;
    for (auto& ticket : tickets) assert_true(has_next(queue, batch, ticket));
    std::vector<bool> is_settled(kBatches + 1);
    for (const std::size_t next : order) {
      queue.settle(tickets[next], {1, 0, 0, 0});
      is_settled[next] = true;
      const auto gapless = std::find(is_settled.begin(), is_settled.end(), false);
      const auto left = kBatches - static_cast<std::size_t>(gapless - is_settled.begin());
      assert_int_equal(bench.journal->balance().pending, left);
      assert_true(bench.is_balanced());
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

void records_after_a_gap_are_read_again_in_the_next_run(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append_good(1, 3));
  {
    BatchQueue queue = bench.make_queue(1);
    journal::ReadBatch batch;
    BatchQueue::Ticket tickets[3] = {};
    for (auto& ticket : tickets) assert_true(has_next(queue, batch, ticket));
    queue.settle(tickets[0], {1, 0, 0, 0});
    queue.settle(tickets[2], {0, 0, 1, 0});
  }
  bench.reopen();
  assert_int_equal(bench.journal->recovered_pending(), 2);
  BatchQueue queue = bench.make_queue();
  journal::ReadBatch batch;
  BatchQueue::Ticket ticket = 0;
  assert_true(has_next(queue, batch, ticket));
  assert_int_equal(batch.records.front().sequence, 2);
  assert_int_equal(batch.records.size(), 2);
}

void a_waiting_thread_gets_new_records(void** state) {
  Bench& bench = Fixture::of(state);
  BatchQueue queue = bench.make_queue();
  std::size_t records = 0;
  std::thread reader([&] {
    journal::ReadBatch batch;
    BatchQueue::Ticket ticket = 0;
    if (has_next(queue, batch, ticket)) records = batch.records.size();
  });
  std::this_thread::sleep_for(milliseconds(50));
  const bool is_appended = bench.append_good(1, 1);
  reader.join();
  assert_true(is_appended);
  assert_int_equal(records, 1);
}

void several_threads_share_the_batches_and_settle_them_all(void** state) {
  Bench& bench = Fixture::of(state);
  constexpr std::uint64_t kRecords = 2000;
  BatchQueue queue = bench.make_queue(7);
  std::atomic<std::uint64_t> read{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      journal::ReadBatch batch;
      BatchQueue::Ticket ticket = 0;
      while (has_next(queue, batch, ticket)) {
        queue.settle(ticket, {batch.records.size(), 0, 0, 0});
        if ((read += batch.records.size()) == kRecords) bench.stop.raise();
      }
    });
  }
  bool is_appended = true;
  for (std::uint64_t n = 1; n <= kRecords; ++n) is_appended &= bench.append(n, good_payload(n));
  for (std::thread& thread : threads) thread.join();
  assert_true(is_appended);
  assert_int_equal(read, kRecords);
  assert_int_equal(bench.journal->balance().settled.stored, kRecords);
  assert_int_equal(bench.journal->balance().pending, 0);
}

// Starts threads that wait, and raises the stop when they do: when `is_waiting` says so, or after
// 100 ms. All threads must get false. Returns how long that took after the stop.
milliseconds stop_waiting_threads(
    Bench& bench, BatchQueue& queue, std::size_t count,
    const std::function<bool()>& is_waiting = [] { return true; }) {
  std::atomic<std::size_t> refused{0};
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      journal::ReadBatch batch;
      BatchQueue::Ticket ticket = 0;
      refused += has_next(queue, batch, ticket) ? 0 : 1;
    });
  }
  std::this_thread::sleep_for(milliseconds(100));
  for (int i = 0; i < 10'000 && !is_waiting(); ++i) std::this_thread::sleep_for(milliseconds(1));
  const auto begin = steady_clock::now();
  bench.stop.raise();
  for (std::thread& thread : threads) thread.join();
  assert_int_equal(refused, count);
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

void a_stop_ends_the_wait_of_all_threads(void** state) {
  Bench& bench = Fixture::of(state);
  BatchQueue queue = bench.make_queue();
  (void)stop_waiting_threads(bench, queue, 8);
  journal::ReadBatch batch;
  BatchQueue::Ticket ticket = 0;
  assert_false(has_next(queue, batch, ticket));
}

void an_unreadable_journal_is_logged_once_and_does_not_delay_a_stop(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append_good(1, 1));
  bench.files.set_fault([](const test::FaultyFileSystem::Call& call) {
    return call.is("open", ".segment") ? Status::io("bad sector") : Status();
  });
  BatchQueue queue = bench.make_queue();
  const auto is_logged = [&] { return bench.log.count("the journal can't be read") > 0; };
  const milliseconds taken = stop_waiting_threads(bench, queue, 2, is_logged);
  assert_int_equal(bench.log.count("the journal can't be read: bad sector; trying again"), 1);
  assert_true(taken < milliseconds(900));  // the pause after a failed read is a second
}

void a_journal_that_becomes_readable_is_logged_and_read(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append_good(1, 2));
  static std::atomic<int>
      opens;  // static: the journal's thread uses the fault until the bench is destroyed
  opens = 0;
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    return call.is("open", ".segment") && opens++ < 2 ? Status::io("bad sector") : Status();
  });
  BatchQueue queue = bench.make_queue();
  journal::ReadBatch batch;
  BatchQueue::Ticket ticket = 0;
  assert_true(has_next(queue, batch, ticket));
  assert_int_equal(batch.records.size(), 2);
  assert_int_equal(bench.log.count("the journal can't be read"), 1);
  assert_int_equal(bench.log.count("the journal can be read again"), 1);
}

void a_failing_logger_loses_no_batch_and_the_line_comes_later(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append_good(1, 2));
  static std::atomic<int>
      opens;  // static: the journal's thread uses the fault until the bench is destroyed
  opens = 0;
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    return call.is("open", ".segment") && opens++ == 0 ? Status::io("bad sector") : Status();
  });
  bench.log.throw_on("the journal can be read again");
  BatchQueue queue = bench.make_queue(1);
  journal::ReadBatch batch;
  BatchQueue::Ticket ticket = 0;
  for (const std::size_t told : {0, 1}) {
    assert_true(has_next(queue, batch, ticket));
    assert_int_equal(batch.records.front().sequence, told + 1);
    assert_int_equal(bench.log.count("the journal can be read again"), told);
  }
}

void an_idle_journal_is_polled_a_few_dozen_times_a_second(void** state) {
  Bench& bench = Fixture::of(state);
  BatchQueue queue = bench.make_queue();
  rusage before{};
  rusage after{};
  std::thread idle([&] {
    journal::ReadBatch batch;
    BatchQueue::Ticket ticket = 0;
    getrusage(RUSAGE_THREAD, &before);
    (void)has_next(queue, batch, ticket);
    getrusage(RUSAGE_THREAD, &after);
  });
  const auto begin = steady_clock::now();
  std::this_thread::sleep_for(milliseconds(1000));
  bench.stop.raise();
  idle.join();
  const auto seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  const long waits = after.ru_nvcsw - before.ru_nvcsw;
  const auto cpu_us = [](const rusage& usage) {
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
  };
  const long used_us = cpu_us(after) - cpu_us(before);
  assert_true(static_cast<double>(waits) < 200 * seconds);        // 50, and some for locks
  assert_true(static_cast<double>(used_us) < 250'000 * seconds);  // also under a sanitizer
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      WITH_BENCH(Bench, batches_are_in_order_and_have_each_record_once),
      WITH_BENCH(Bench, the_checkpoint_moves_only_past_settled_records_without_a_gap),
      WITH_BENCH(Bench, records_after_a_gap_are_read_again_in_the_next_run),
      WITH_BENCH(Bench, a_waiting_thread_gets_new_records),
      WITH_BENCH(Bench, several_threads_share_the_batches_and_settle_them_all),
      WITH_BENCH(Bench, a_stop_ends_the_wait_of_all_threads),
      WITH_BENCH(Bench, an_unreadable_journal_is_logged_once_and_does_not_delay_a_stop),
      WITH_BENCH(Bench, a_journal_that_becomes_readable_is_logged_and_read),
      WITH_BENCH(Bench, a_failing_logger_loses_no_batch_and_the_line_comes_later),
      WITH_BENCH(Bench, an_idle_journal_is_polled_a_few_dozen_times_a_second),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
