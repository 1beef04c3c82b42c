// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Which documents are sent, how often, and how they are counted, if the database refuses none of
// them.
#include "delivery/batch_delivery.h"

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/delivery/delivery_bench.h"

namespace mongo_store::delivery {
namespace {

using Sizes = std::vector<std::size_t>;

void a_batch_is_one_insert_and_each_record_one_document(void**) {
  DeliveryBench bench;
  assert_true(bench.deliver(good_batch(5)));
  assert_true((bench.counts == journal::SettledCounts{5, 0, 0, 0}));
  assert_true((bench.sent(kDocuments) == Sizes{5}));
  assert_true(bench.sent(kDeadLetters).empty());
  for (std::uint64_t n = 1; n <= 5; ++n) assert_true(bench.is_stored(n));
  assert_int_equal(bench.counters.documents_taken.value(), 5);
}

void dead_letters_and_documents_go_to_their_collections(void**) {
  DeliveryBench bench;
  const auto batch = batch_of({body_of(1, good_payload(1)), body_of(2, "[]"), "garbage"});
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 2, 0}));
  assert_true(bench.is_stored(1));
  assert_true(bench.is_dead_letter_of(2, "not_an_object"));
  assert_true(bench.is_dead_letter_of(3, "record_unreadable"));
  assert_int_equal(bench.counters.documents_taken.value(), 1);
  assert_int_equal(bench.counters.dead_letters_taken.value(), 2);
}

void a_failed_batch_is_sent_until_it_is_accepted(void**) {
  DeliveryBench bench;
  for (int i = 0; i < 20; ++i) bench.sink.fail_next(Status::retry("no server"));
  bench.sink.fail_next(Status::refuse("wrong password"));
  assert_true(bench.deliver(good_batch(2)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 0, 0}));
  assert_true((bench.sent(kDocuments) == Sizes(22, 2)));
  assert_int_equal(bench.counters.batches_sent.value(), 22);
  assert_int_equal(bench.counters.batches_failed.value(), 21);
  assert_int_equal(bench.log.lines().size(), 2);  // it begins, it ends
  assert_int_equal(bench.log.count("accepts documents again"), 1);
}

void failed_dead_letters_are_sent_until_they_are_accepted(void**) {
  DeliveryBench bench;
  for (int i = 0; i < 5; ++i) bench.sink.fail_next(Status::retry("no server"));
  assert_true(bench.deliver(batch_of({"garbage"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_int_equal(bench.log.count("accepts dead letters again"), 1);
}

void a_lost_answer_stores_and_counts_each_document_once(void**) {
  DeliveryBench bench;
  bench.sink.lose_next(Status::retry("connection closed"));
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 3);
  assert_true(bench.sink.documents(kDeadLetters).empty());
  assert_int_equal(bench.counters.already_stored.value(), 3);
  assert_int_equal(bench.counters.documents_taken.value(), 0);
}

void a_lost_answer_counts_dead_letters_once(void**) {
  DeliveryBench bench;
  bench.sink.lose_next(Status::retry("connection closed"));
  assert_true(bench.deliver(batch_of({"garbage", "more"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 2, 0}));
  assert_int_equal(bench.sink.documents(kDeadLetters).size(), 2);
}

void read_backs_are_retried_too(void**) {
  DeliveryBench bench;
  bench.sink.lose_next(Status::retry("connection closed"));
  for (int i = 0; i < 5; ++i) bench.sink.fail_next_find(Status::retry("no primary"));
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
}

void a_command_has_at_most_the_maximum_of_documents(void**) {
  DeliveryBench bench(2);
  assert_true(bench.deliver(good_batch(5)));
  assert_true((bench.sent(kDocuments) == Sizes{2, 2, 1}));
  assert_int_equal(bench.counts.stored, 5);
}

void a_command_has_at_most_the_maximum_of_bytes_or_one_document(void**) {
  const std::size_t each = document_of(1).size();
  DeliveryBench bench(1000, 2 * each);
  assert_true(bench.deliver(good_batch(5)));
  assert_true((bench.sent(kDocuments) == Sizes{2, 2, 1}));
  for (const auto& call : bench.sink.calls()) assert_true(call.bytes <= 2 * each);

  DeliveryBench small(1000, 10);
  assert_true(small.deliver(good_batch(3)));
  assert_true((small.sent(kDocuments) == Sizes{1, 1, 1}));
}

void dead_letters_have_the_same_maximums(void**) {
  DeliveryBench bench(2);
  assert_true(bench.deliver(batch_of({"a", "b", "c"})));
  assert_true((bench.sent(kDeadLetters) == Sizes{2, 1}));
}

void damage_without_records_is_settled(void**) {
  DeliveryBench bench;
  journal::ReadBatch damage;
  damage.damaged = 3;
  assert_true(bench.deliver(damage));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 0, 3}));
  assert_true(bench.sink.calls().empty());
}

void damage_and_records_are_counted_together(void**) {
  DeliveryBench bench;
  auto batch = good_batch(2);
  batch.damaged = 4;
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 0, 4}));
}

void a_second_batch_has_its_own_counts(void**) {
  DeliveryBench bench;
  assert_true(bench.deliver(batch_of({"garbage"})));
  assert_true(bench.deliver(good_batch(2)));
  // The first id exists only in the other collection.
  assert_true((bench.counts == journal::SettledCounts{2, 0, 0, 0}));
}

void a_stop_leaves_a_batch_unsettled(void**) {
  DeliveryBench bench(1);
  int inserts = 0;
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    if (++inserts == 3) bench.stop.raise();
  });
  bench.sink.take_next();
  bench.sink.take_next();
  bench.sink.fail_next(Status::retry("no server"));
  const journal::SettledCounts untouched{7, 7, 7, 7};
  bench.counts = untouched;
  assert_false(bench.deliver(good_batch(5)));
  assert_true(bench.counts == untouched);
  assert_int_equal(inserts, 3);
}

void a_batch_with_an_unreadable_context_waits(void**) {
  DeliveryBench bench;
  auto batch = good_batch(1);
  batch.context.clear();
  std::thread stopper([&] {
    while (bench.log.lines().empty()) std::this_thread::yield();
    bench.stop.raise();
  });
  const bool is_delivered = bench.deliver(batch);
  stopper.join();
  assert_false(is_delivered);
  assert_true(bench.sink.calls().empty());
  assert_int_equal(bench.log.count("delivery context of segment 1"), 1);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_is_one_insert_and_each_record_one_document),
      cmocka_unit_test(dead_letters_and_documents_go_to_their_collections),
      cmocka_unit_test(a_failed_batch_is_sent_until_it_is_accepted),
      cmocka_unit_test(failed_dead_letters_are_sent_until_they_are_accepted),
      cmocka_unit_test(a_lost_answer_stores_and_counts_each_document_once),
      cmocka_unit_test(a_lost_answer_counts_dead_letters_once),
      cmocka_unit_test(read_backs_are_retried_too),
      cmocka_unit_test(a_command_has_at_most_the_maximum_of_documents),
      cmocka_unit_test(a_command_has_at_most_the_maximum_of_bytes_or_one_document),
      cmocka_unit_test(dead_letters_have_the_same_maximums),
      cmocka_unit_test(damage_without_records_is_settled),
      cmocka_unit_test(damage_and_records_are_counted_together),
      cmocka_unit_test(a_second_batch_has_its_own_counts),
      cmocka_unit_test(a_stop_leaves_a_batch_unsettled),
      cmocka_unit_test(a_batch_with_an_unreadable_context_waits),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
