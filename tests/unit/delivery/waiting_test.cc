// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Delivery goes on while some documents wait for a verdict, a read-back, or a throttling database.
#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/delivery/delivery_bench.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kUnclearMs = 60'000;

// A batch of the records first to last.
journal::ReadBatch batch_from(std::uint64_t first, std::uint64_t last) {
  std::vector<std::string> bodies;
  for (std::uint64_t n = first; n <= last; ++n) bodies.push_back(body_of(n, good_payload(n)));
  journal::ReadBatch batch = batch_of(bodies);
  for (journal::RecordView& record : batch.records) {
    record.sequence += first - 1;
    record.id = id_of(record.sequence);
  }
  return batch;
}

// Delivers until this many batches are settled, or an hour has passed.
std::size_t settle(DeliveryBench& bench, std::size_t batches) {
  constexpr std::int64_t kHourMs = 3'600'000;
  const std::int64_t end_ms = bench.clock.monotonic_ms() + kHourMs;
  std::size_t settled = 0;
  while (settled < batches && bench.clock.monotonic_ms() < end_ms) {
    bench.advance();
    while (const OpenBatch* batch = bench.delivery.close_settled()) {
      bench.counts += batch->settled;
      ++settled;
    }
  }
  return settled;
}

void documents_that_wait_for_a_verdict_do_not_hold_up_others(void**) {
  DeliveryBench bench(1);
  for (const std::uint64_t n : {1, 2, 3}) {
    bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kUnclear, 424242);
    bench.open(batch_from(n, n));
    bench.advance();
    assert_true(bench.delivery.has_room());
  }
  const std::int64_t begin_ms = bench.clock.monotonic_ms();
  for (std::uint64_t n = 10; n < 110; ++n) bench.open(batch_from(n, n));
  assert_int_equal(settle(bench, 100), 100);
  assert_true(bench.clock.monotonic_ms() - begin_ms < kUnclearMs);
  assert_int_equal(bench.sink.documents(kDocuments).size(), 100);
  assert_int_equal(settle(bench, 3), 3);
  assert_true((bench.counts == journal::SettledCounts{100, 0, 3, 0}));
  for (const std::uint64_t n : {1, 2, 3}) {
    assert_true(bench.is_dead_letter_of(n, "code 424242"));
    assert_true(bench.is_dead_letter_of(n, good_payload(n)));
  }
}

void refused_dead_letters_do_not_hold_up_others(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDeadLetters, id_of(1), RefusalKind::kUnclear, 424242, 50);
  bench.open(batch_of({"garbage"}));
  bench.advance();
  bench.open(batch_from(2, 100));
  assert_int_equal(settle(bench, 2), 2);
  const auto calls = bench.sink.calls();
  std::size_t before_documents = 0;
  while (calls[before_documents].collection != kDocuments) ++before_documents;
  assert_true(before_documents <= 2);
  assert_true((bench.counts == journal::SettledCounts{99, 0, 1, 0}));
}

void a_collection_that_fails_does_not_hold_up_others(void**) {
  DeliveryBench bench;
  bench.sink.set_before_insert([&](const test::FakeSink::Call& call) {
    bench.sink.fail_always(call.collection == kDeadLetters ? Status::refuse("no right") : Status());
  });
  bench.open(batch_of({"garbage"}));
  bench.open(batch_from(2, 100));
  assert_int_equal(settle(bench, 1), 1);
  assert_true((bench.counts == journal::SettledCounts{99, 0, 0, 0}));
}

// Otherwise, the whole journal would be read into memory while nothing is stored.
void no_batch_is_opened_while_a_thousand_documents_wait(void**) {
  DeliveryBench bench;
  bench.sink.fail_always(Status::retry("no server"));
  std::uint64_t n = 1;
  for (; bench.delivery.has_room(); n += 10) bench.open(batch_from(n, n + 9));
  assert_int_equal(n - 1, BatchDelivery::kReadyMax);
  bench.advance();
  bench.sink.fail_always(Status());
  assert_int_equal(settle(bench, 100), 100);
  assert_true(bench.delivery.has_room());
  // The documents of a hundred batches are sent in one command.
  assert_int_equal(bench.sent(kDocuments).back(), 1000);
}

void a_waiting_document_keeps_only_its_own_memory(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(500), RefusalKind::kUnclear, 424242);
  bench.open(batch_from(1, 1000));
  bench.advance();
  bench.open(batch_from(1001, 1001));
  assert_int_equal(settle(bench, 2), 2);
  assert_true((bench.counts == journal::SettledCounts{1000, 0, 1, 0}));
  assert_true(bench.is_dead_letter_of(500, good_payload(500)));

  // Each of this many batches has one document that waits.
  DeliveryBench many;
  const std::size_t large = std::size_t{1} << 20;
  const std::string filler(large, 'x');
  for (std::uint64_t n = 1; n <= 40; n += 2) {
    many.sink.refuse(kDocuments, id_of(n), RefusalKind::kUnclear, 424242);
    auto batch = batch_of({body_of(n, good_payload(n)),
                           body_of(n + 1, text(R"({"uuid":"device","value":")", filler, "\"}"))});
    batch.records[0].id = id_of(n);
    batch.records[1].id = id_of(n + 1);
    many.open(batch);
    many.advance();
    many.advance();
    assert_true(many.delivery.has_room());
  }
}

void all_throttled_documents_are_stored(void**) {
  DeliveryBench bench;
  bench.sink.throttle(20);
  // Five refusals and a minute would make another refusal final; this one never is.
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.clock.advance_ms(kUnclearMs / 2); });
  assert_true(bench.deliver(batch_from(1, 3000)));
  assert_true((bench.counts == journal::SettledCounts{3000, 0, 0, 0}));
  assert_true(bench.sink.documents(kDeadLetters).empty());
  assert_int_equal(bench.log.count("accepts fewer documents than are sent: too fast (code 16500)"),
                   1);
  // The commands shrink to what the database accepts: few documents are sent more than once.
  std::size_t sent = 0;
  for (const std::size_t documents : bench.sent(kDocuments)) sent += documents;
  assert_true(sent < 2 * 3000 + 1000);
}

void a_throttling_database_gets_the_pause_that_it_asks_for(void**) {
  DeliveryBench bench;
  bench.sink.throttle(1, 5000);
  const std::int64_t begin_ms = bench.clock.monotonic_ms();
  assert_true(bench.deliver(batch_from(1, 4)));
  assert_true(bench.clock.monotonic_ms() - begin_ms >= 5000);
}

void while_documents_are_throttled_dead_letters_are_stored(void**) {
  DeliveryBench bench;
  bench.sink.set_before_insert([&](const test::FakeSink::Call& call) {
    bench.sink.throttle(call.collection == kDocuments ? 1 : 0, 60'000);
  });
  bench.open(batch_from(1, 100));
  bench.advance();
  bench.open(batch_of({"garbage"}));
  const std::int64_t begin_ms = bench.clock.monotonic_ms();
  assert_int_equal(settle(bench, 1), 1);
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_true(bench.clock.monotonic_ms() - begin_ms < 60'000);
}

void a_permanently_failing_read_back_does_not_hold_up_others(void**) {
  DeliveryBench bench;
  bench.sink.name_no_index();
  bench.sink.lose_next(Status::retry("connection closed"));
  bench.sink.fail_finds(Status::retry("timed out"));
  bench.open(batch_from(1, 5));
  bench.advance();
  for (std::uint64_t n = 6; n < 106; ++n) bench.open(batch_from(n, n));
  assert_int_equal(settle(bench, 100), 100);
  assert_true((bench.counts == journal::SettledCounts{100, 0, 0, 0}));
  assert_true(bench.counters.read_backs_failed.value() > 0);
  assert_int_equal(bench.log.count("can't be read back: timed out"), 1);
  bench.sink.fail_finds(Status());
  assert_int_equal(settle(bench, 1), 1);
  assert_true((bench.counts == journal::SettledCounts{105, 0, 0, 0}));
  assert_int_equal(bench.log.count("can be read back again"), 1);
}

// Some servers scan a large collection for any query except one for a single `_id`.
void failing_read_backs_shrink_to_single_documents(void**) {
  DeliveryBench bench;
  bench.sink.name_no_index();
  bench.sink.lose_next(Status::retry("connection closed"));
  bench.sink.fail_finds(Status::retry("timed out"), 1);
  assert_true(bench.deliver(batch_from(1, 1000)));
  assert_true((bench.counts == journal::SettledCounts{1000, 0, 0, 0}));
  const auto finds = bench.sink.finds();
  assert_int_equal(finds.at(0), 1000);
  assert_true(finds.size() < 1000 + 8);
  assert_int_equal(finds.back(), 1);
}

// For example, a whole batch of each thread of a killed broker.
void a_thousand_pending_read_backs_do_not_hold_up_others(void**) {
  DeliveryBench bench;
  bench.sink.name_no_index();
  bench.sink.lose_next(Status::retry("connection closed"));
  bench.sink.fail_finds(Status::retry("timed out"));
  bench.open(batch_from(1, 1000));
  for (int i = 0; i < 10; ++i) bench.advance();
  assert_true(bench.delivery.has_room());
  bench.open(batch_from(1001, 1100));
  assert_int_equal(settle(bench, 1), 1);
  assert_true((bench.counts == journal::SettledCounts{100, 0, 0, 0}));
}

// The server doesn't name the index, and `_id` has the only unique one (FerretDB 1 is like this).
void unreadable_duplicates_are_settled_if_only_the_id_is_unique(void**) {
  DeliveryBench bench;
  bench.sink.name_no_index();
  bench.sink.set_key_proof(KeyProof::kAnyKey);
  bench.sink.lose_next(Status::retry("connection closed"));
  bench.sink.fail_finds(Status::retry("timed out"));
  assert_true(bench.deliver(batch_from(1, 1000)));
  assert_true((bench.counts == journal::SettledCounts{1000, 0, 0, 0}));
  assert_int_equal(bench.sink.finds().size(), 2);  // before and after one more insert
  assert_int_equal(bench.log.count("can't be read back"), 0);
}

// A mongos doesn't report write concern errors if all documents are duplicates, and an index may
// have been dropped.
void unreadable_duplicates_are_not_settled_without_a_proof(void**) {
  DeliveryBench mongos;
  mongos.sink.set_key_proof(KeyProof::kNothing);
  mongos.sink.lose_next(Status::retry("connection closed"));
  mongos.sink.fail_finds(Status::retry("timed out"));
  mongos.open(batch_from(1, 5));
  assert_int_equal(settle(mongos, 1), 0);

  DeliveryBench other_index;
  other_index.sink.set_key_proof(KeyProof::kAnyKey);
  other_index.sink.refuse(kDocuments, id_of(1), RefusalKind::kDuplicateKey, 11000, 1);
  other_index.sink.fail_finds(Status::retry("timed out"));
  other_index.open(batch_from(1, 1));
  assert_int_equal(settle(other_index, 1), 1);  // sent once more, because the index is gone
  assert_true(other_index.is_stored(1));
}

// The server named the index of `_id`, and no other record has that `_id`.
void without_the_right_to_read_a_duplicate_arrival_id_is_settled(void**) {
  DeliveryBench bench;
  bench.sink.lose_next(Status::retry("connection closed"));
  bench.sink.fail_finds(Status::refuse("not authorized (code 13)"));
  assert_true(bench.deliver(batch_from(1, 5)));
  assert_true((bench.counts == journal::SettledCounts{5, 0, 0, 0}));
  assert_int_equal(bench.counters.already_stored.value(), 5);
}

void without_the_right_to_read_other_duplicates_become_dead_letters(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kDuplicateKey, 11000);
  bench.sink.fail_finds(Status::refuse("not authorized (code 13)"));
  const std::int64_t begin_ms = bench.clock.monotonic_ms();
  assert_true(bench.deliver(batch_from(1, 1)));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_true(bench.clock.monotonic_ms() - begin_ms >= kUnclearMs);
  assert_true(bench.is_dead_letter_of(1, "id_conflict"));
}

void after_an_exception_everything_unsettled_is_sent_again_and_counted_once(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(3), RefusalKind::kUnclear, 424242, 3);
  bench.open(batch_from(1, 10));
  bench.advance();
  bench.open(batch_from(11, 20));
  bench.advance();
  assert_true(bench.delivery.begin_again());
  assert_int_equal(settle(bench, 2), 2);
  assert_true((bench.counts == journal::SettledCounts{20, 0, 0, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 20);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(documents_that_wait_for_a_verdict_do_not_hold_up_others),
      cmocka_unit_test(refused_dead_letters_do_not_hold_up_others),
      cmocka_unit_test(a_collection_that_fails_does_not_hold_up_others),
      cmocka_unit_test(no_batch_is_opened_while_a_thousand_documents_wait),
      cmocka_unit_test(a_waiting_document_keeps_only_its_own_memory),
      cmocka_unit_test(all_throttled_documents_are_stored),
      cmocka_unit_test(a_throttling_database_gets_the_pause_that_it_asks_for),
      cmocka_unit_test(while_documents_are_throttled_dead_letters_are_stored),
      cmocka_unit_test(a_permanently_failing_read_back_does_not_hold_up_others),
      cmocka_unit_test(failing_read_backs_shrink_to_single_documents),
      cmocka_unit_test(a_thousand_pending_read_backs_do_not_hold_up_others),
      cmocka_unit_test(unreadable_duplicates_are_settled_if_only_the_id_is_unique),
      cmocka_unit_test(unreadable_duplicates_are_not_settled_without_a_proof),
      cmocka_unit_test(without_the_right_to_read_a_duplicate_arrival_id_is_settled),
      cmocka_unit_test(without_the_right_to_read_other_duplicates_become_dead_letters),
      cmocka_unit_test(after_an_exception_everything_unsettled_is_sent_again_and_counted_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
