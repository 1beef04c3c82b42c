// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/delivery.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>

#include "tests/support/cmocka.h"
#include "tests/support/fake_sink.h"
#include "tests/unit/delivery/bench_fixture.h"
#include "tests/unit/delivery/journal_bench.h"

namespace mongo_store::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kLong{60};  // a deadline that passes only if the test fails

struct Bench : JournalBench {
  ~Bench() { sink.release(); }  // otherwise the delivery would wait forever

  void make_delivery(std::size_t threads = 2, std::size_t documents_max = 10,
                     std::vector<Delivery::TargetName> probed = {}) {
    Delivery::Settings settings;
    settings.threads = threads;
    settings.probed = std::move(probed);
    settings.documents_max = documents_max;
    settings.linger_ms = 1;
    settings.retry_min_ms = 1;
    settings.retry_max_ms = 2;
    delivery = std::make_unique<Delivery>(settings, *journal, sink, registry, clock, log);
  }
  bool drain() { return delivery->drain(steady_clock::now() + kLong); }
  bool stop() { return delivery->stop(steady_clock::now() + kLong); }
  std::size_t stored_right(std::uint64_t last) const {
    const auto documents = sink.documents(kDocuments);
    std::size_t count = 0;
    for (std::uint64_t n = 1; n <= last; ++n) {
      const auto found = documents.find(id_of(n));
      count += found != documents.end() && found->second == document_of(n) ? 1 : 0;
    }
    return count;
  }

  test::FakeSink sink;
  metrics::Registry registry;
  std::unique_ptr<Delivery> delivery;
};

using Fixture = BenchFixture<Bench>;

void two_threads_deliver_everything_and_the_counts_balance(void** state) {
  Bench& bench = Fixture::of(state);
  constexpr std::uint64_t kRecords = 3000;
  bench.make_delivery();
  bench.delivery->start();
  bool is_appended = true;
  bool is_balanced = true;
  for (std::uint64_t n = 1; n <= kRecords; ++n) {
    is_appended &= n % 100 == 0 ? bench.append(n, "garbage") : bench.append(n, good_payload(n));
    is_balanced &= bench.is_balanced();
    if (n % 500 == 0) bench.sink.lose_next(Status::retry("connection closed"));
    if (n % 700 == 0) bench.sink.fail_next(Status::retry("no server"));
  }
  const bool is_drained = bench.drain();
  const bool is_stopped = bench.stop();
  assert_true(is_appended && is_balanced && is_drained && is_stopped);
  const journal::Balance balance = bench.journal->balance();
  assert_int_equal(balance.appended, kRecords);
  assert_true((balance.settled == journal::SettledCounts{kRecords - 30, 0, 30, 0}));
  assert_int_equal(balance.pending, 0);
  assert_int_equal(bench.stored_right(kRecords), kRecords - 30);
  assert_int_equal(bench.sink.documents(kDeadLetters).size(), 30);
}

void the_database_is_checked_once_at_the_start_and_the_result_logged(void** state) {
  Bench& bench = Fixture::of(state);
  bench.make_delivery(1, 10, {{"mongogw", "devices"}, {"mongogw", "dead"}});
  bench.delivery->start();
  while (bench.log.lines().empty()) std::this_thread::sleep_for(milliseconds(1));
  assert_true(bench.append_good(1, 3));
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.log.lines().size(), 1);
  assert_int_equal(bench.log.count("probed devices dead"), 1);
}

void a_check_that_hangs_holds_up_no_batch(void** state) {
  Bench& bench = Fixture::of(state);
  bench.sink.hang_probe();
  assert_true(bench.append_good(1, 3));
  bench.make_delivery(1, 10, {{"mongogw", "devices"}});
  bench.delivery->start();
  assert_true(bench.drain());
  assert_int_equal(bench.stored_right(3), 3);
  bench.sink.release();
  assert_true(bench.stop());
}

void a_drain_returns_at_once_if_nothing_is_pending(void** state) {
  Bench& bench = Fixture::of(state);
  bench.make_delivery();
  bench.delivery->start();
  // A deadline that is past already: a drain that waited for anything would miss it.
  assert_true(bench.delivery->drain(steady_clock::now() - seconds(1)));
  assert_true(bench.stop());
}

void a_drain_ends_at_its_deadline_and_keeps_the_rest(void** state) {
  Bench& bench = Fixture::of(state);
  bench.sink.fail_always(Status::retry("no server"));
  assert_true(bench.append_good(1, 30));
  bench.make_delivery();
  bench.delivery->start();
  assert_false(bench.delivery->drain(steady_clock::now() + milliseconds(50)));
  assert_true(bench.stop());
  assert_int_equal(bench.journal->balance().pending, 30);
  bench.delivery.reset();

  bench.sink.fail_always(Status());
  bench.reopen();
  bench.make_delivery();
  bench.delivery->start();
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.stored_right(30), 30);
}

void stored_but_unsettled_records_make_no_second_document(void** state) {
  Bench& bench = Fixture::of(state);
  std::atomic<int> inserts{0};
  bench.sink.lose_next(Status::retry("connection closed"));
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    if (++inserts == 2) bench.sink.fail_always(Status::retry("no server"));
  });
  assert_true(bench.append_good(1, 5));
  bench.make_delivery(1);
  bench.delivery->start();
  while (bench.sink.calls().size() < 2) std::this_thread::sleep_for(milliseconds(1));
  assert_true(bench.stop());
  assert_int_equal(bench.sink.documents(kDocuments).size(), 5);
  assert_int_equal(bench.journal->balance().pending, 5);
  bench.delivery.reset();
  bench.sink.fail_always(Status());
  bench.reopen();
  bench.make_delivery();
  bench.delivery->start();
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.journal->balance().settled.stored, 5);
  assert_int_equal(bench.sink.documents(kDocuments).size(), 5);
  assert_true(bench.sink.documents(kDeadLetters).empty());
}

void a_stop_ends_threads_that_pause(void** state) {
  Bench& bench = Fixture::of(state);
  bench.sink.fail_always(Status::retry("no server"));
  assert_true(bench.append_good(1, 1));
  Delivery::Settings settings;
  settings.retry_min_ms = settings.retry_max_ms = 3'600'000;
  bench.delivery = std::make_unique<Delivery>(settings, *bench.journal, bench.sink, bench.registry,
                                              bench.clock, bench.log);
  bench.delivery->start();
  while (bench.sink.calls().empty()) std::this_thread::sleep_for(milliseconds(1));
  assert_true(bench.stop());
}

// The database is back when the drain begins, but the pause would last an hour.
void a_drain_ends_the_pauses_before_a_retry(void** state) {
  Bench& bench = Fixture::of(state);
  bench.sink.fail_next(Status::retry("no server"));
  assert_true(bench.append_good(1, 1));
  Delivery::Settings settings;
  settings.retry_min_ms = settings.retry_max_ms = 3'600'000;
  bench.delivery = std::make_unique<Delivery>(settings, *bench.journal, bench.sink, bench.registry,
                                              bench.clock, bench.log);
  bench.delivery->start();
  while (bench.sink.calls().empty()) std::this_thread::sleep_for(milliseconds(1));
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.stored_right(1), 1);
}

// As many documents as there are threads are refused for an unknown reason.
void documents_refused_for_an_unknown_reason_stop_no_thread(void** state) {
  Bench& bench = Fixture::of(state);
  constexpr std::uint64_t kRecords = 1000;
  for (const std::uint64_t n : {1, 2}) {
    bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kUnclear, 424242);
  }
  assert_true(bench.append_good(1, kRecords));
  bench.make_delivery(2, 1);
  bench.delivery->start();
  const auto until = steady_clock::now() + kLong / 2;
  while (bench.sink.documents(kDocuments).size() < kRecords - 2 && steady_clock::now() < until) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  assert_int_equal(bench.sink.documents(kDocuments).size(), kRecords - 2);
  assert_true(bench.stop());
}

void a_second_stop_is_harmless(void** state) {
  Bench& bench = Fixture::of(state);
  bench.make_delivery();
  bench.delivery->start();
  assert_true(bench.stop());
  assert_true(bench.stop());
}

// The broker ends while a server hangs. Everything that the thread may use stays alive, the journal
// is closed, and whatever the thread does after its call returns has no effect.
void a_stop_gives_up_at_its_deadline_if_the_server_hangs(void** state) {
  static Bench* volatile abandoned;  // leaked on purpose, but reachable
  abandoned = &Fixture::of(state);
  *state = nullptr;
  Bench& bench = *abandoned;
  bench.sink.hang();
  assert_true(bench.append_good(1, 5));
  bench.make_delivery(2, 1);
  bench.delivery->start();
  while (bench.sink.hanging() < 2) std::this_thread::sleep_for(milliseconds(1));
  const auto begin = steady_clock::now();
  assert_false(bench.delivery->stop(begin + milliseconds(100)));
  assert_true(steady_clock::now() - begin < kLong / 2);
  bench.journal->close();
  assert_int_equal(bench.journal->balance().pending, 5);

  bench.sink.release();
  while (bench.sink.hanging() > 0) std::this_thread::sleep_for(milliseconds(1));
  assert_false(bench.delivery->drain(steady_clock::now() + milliseconds(100)));
  assert_int_equal(bench.journal->balance().pending, 5);
  assert_true(bench.delivery->stop(steady_clock::now() + kLong));  // now they end
  bench.remove_folder();
}

void an_exception_while_sending_costs_a_pause_but_no_record(void** state) {
  Bench& bench = Fixture::of(state);
  std::atomic<int> inserts{0};
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    if (inserts++ == 0) throw std::bad_alloc();
  });
  assert_true(bench.append_good(1, 3));
  bench.make_delivery(1);
  bench.delivery->start();
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.stored_right(3), 3);
  assert_int_equal(bench.log.count("trying again"), 1);
}

void an_unknown_exception_costs_a_pause_but_no_thread(void** state) {
  Bench& bench = Fixture::of(state);
  std::atomic<int> inserts{0};
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    if (inserts++ == 0) throw 7;
  });
  assert_true(bench.append_good(1, 3));
  bench.make_delivery(1);
  bench.delivery->start();
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.stored_right(3), 3);
  assert_int_equal(bench.log.count("a thread failed while delivering"), 1);
}

// A file system that throws represents any unforeseen exception between two batches.
void an_exception_between_two_batches_ends_no_thread(void** state) {
  Bench& bench = Fixture::of(state);
  static std::atomic<int>
      opens;  // static: the journal's thread uses the fault until the bench is destroyed
  opens = 0;
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    if (call.is("open", ".segment") && opens++ == 0) throw std::bad_alloc();
    return Status();
  });
  assert_true(bench.append_good(1, 3));
  bench.make_delivery(2);
  bench.delivery->start();
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.stored_right(3), 3);
}

void a_batch_is_delivered_although_the_logger_throws(void** state) {
  Bench& bench = Fixture::of(state);
  static std::atomic<int>
      opens;  // static: the journal's thread uses the fault until the bench is destroyed
  opens = 0;
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    return call.is("open", ".segment") && opens++ == 0 ? Status::io("bad sector") : Status();
  });
  bench.log.throw_on("the journal can be read again");
  assert_true(bench.append_good(1, 30));
  bench.make_delivery(2);
  bench.delivery->start();
  assert_true(bench.drain());
  assert_true(bench.stop());
  assert_int_equal(bench.stored_right(30), 30);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      WITH_BENCH(Bench, two_threads_deliver_everything_and_the_counts_balance),
      WITH_BENCH(Bench, the_database_is_checked_once_at_the_start_and_the_result_logged),
      WITH_BENCH(Bench, a_check_that_hangs_holds_up_no_batch),
      WITH_BENCH(Bench, a_drain_returns_at_once_if_nothing_is_pending),
      WITH_BENCH(Bench, a_drain_ends_at_its_deadline_and_keeps_the_rest),
      WITH_BENCH(Bench, stored_but_unsettled_records_make_no_second_document),
      WITH_BENCH(Bench, a_stop_ends_threads_that_pause),
      WITH_BENCH(Bench, a_drain_ends_the_pauses_before_a_retry),
      WITH_BENCH(Bench, documents_refused_for_an_unknown_reason_stop_no_thread),
      WITH_BENCH(Bench, a_second_stop_is_harmless),
      WITH_BENCH(Bench, a_stop_gives_up_at_its_deadline_if_the_server_hangs),
      WITH_BENCH(Bench, an_exception_while_sending_costs_a_pause_but_no_record),
      WITH_BENCH(Bench, an_unknown_exception_costs_a_pause_but_no_thread),
      WITH_BENCH(Bench, an_exception_between_two_batches_ends_no_thread),
      WITH_BENCH(Bench, a_batch_is_delivered_although_the_logger_throws),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
