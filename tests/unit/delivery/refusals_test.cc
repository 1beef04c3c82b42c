// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// What becomes of documents, and of dead letters, that the database refuses one by one.
#include <cstdint>
#include <vector>

#include "tests/unit/delivery/delivery_bench.h"

namespace mongo_store::delivery {
namespace {

using Sizes = std::vector<std::size_t>;
constexpr std::size_t kUnclearRefusals = 5;
constexpr std::int64_t kUnclearMs = 60'000;

// Between two inserts so much time passes that several refusals outlast the minute.
void pass_time(DeliveryBench& bench) {
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.clock.advance_ms(kUnclearMs / 2); });
}

void a_document_at_fault_is_a_dead_letter_at_once_and_the_others_are_stored(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDocumentAtFault, 121);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_true((bench.sent(kDocuments) == Sizes{3}));
  assert_true(bench.is_stored(1) && bench.is_stored(3));
  assert_true(bench.is_dead_letter_of(2, "database_refused"));
  assert_true(bench.is_dead_letter_of(2, "code 121"));
}

void another_document_under_its_id_makes_it_a_dead_letter_and_is_left_alone(void**) {
  DeliveryBench bench;
  const ByteBuffer other = document_of(99);
  bench.sink.put(kDocuments, id_of(2), other);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_true(bench.sink.documents(kDocuments).at(id_of(2)) == other);
  assert_true(bench.is_dead_letter_of(2, "id_conflict"));
}

void a_duplicate_with_nothing_stored_is_tried_alone_and_then_is_a_unique_index(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDuplicateKey, 11000);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_true((bench.sent(kDocuments) == Sizes{3, 1}));
  assert_true(bench.is_dead_letter_of(2, "unique_index"));
}

void an_id_that_nobody_has_by_majority_is_sent_again_but_not_for_ever(void**) {
  DeliveryBench bench;
  bench.sink.refuse_id(kDocuments, id_of(2), 2 * (static_cast<int>(kUnclearRefusals) - 1));
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));

  DeliveryBench never;
  never.sink.refuse_id(kDocuments, id_of(1));
  assert_true(never.deliver(good_batch(1)));
  assert_true((never.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_true(never.is_dead_letter_of(1, "unique_index"));
  assert_int_equal(never.times_sent(kDocuments, id_of(1)), 2 * kUnclearRefusals);
}

void a_duplicate_with_nothing_stored_that_is_taken_alone_is_stored(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDuplicateKey, 11000, 1);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));
}

void a_lost_answer_when_tried_alone_is_no_unique_index(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDuplicateKey, 11000, 1);
  bench.sink.take_next();
  bench.sink.lose_next(Status::retry("connection closed"));
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));
  assert_false(bench.is_dead_letter(2));
}

void an_unclear_refusal_is_a_dead_letter_only_after_several_while_others_were_taken(void**) {
  DeliveryBench bench;
  pass_time(bench);
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kUnclear, 8);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_int_equal(bench.times_sent(kDocuments, id_of(2)), kUnclearRefusals);
  assert_int_equal(bench.times_sent(kDocuments, id_of(1)), 1);
  assert_true(bench.is_dead_letter_of(2, "code 8"));
}

void quick_unclear_refusals_are_not_final_before_a_minute(void**) {
  DeliveryBench passing;
  passing.sink.refuse(kDocuments, id_of(2), RefusalKind::kUnclear, 8, 50);
  assert_true(passing.deliver(good_batch(3)));
  assert_true((passing.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_int_equal(passing.counters.steps_to_verdicts.value(), 50);

  DeliveryBench lasting;
  lasting.sink.refuse(kDocuments, id_of(2), RefusalKind::kUnclear, 8);
  lasting.sink.set_before_insert([&](const test::FakeSink::Call&) {
    const std::size_t sent = lasting.times_sent(kDocuments, id_of(2));
    if (sent == 20) lasting.clock.advance_ms(kUnclearMs - 1000);
    if (sent == 30) lasting.clock.advance_ms(1000);
  });
  assert_true(lasting.deliver(good_batch(3)));
  assert_true((lasting.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_int_equal(lasting.times_sent(kDocuments, id_of(2)), 31);
  assert_int_equal(lasting.counters.steps_to_verdicts.value(), 30);
  assert_true(lasting.is_dead_letter_of(2, "code 8"));
}

void an_unclear_refusal_that_passes_ends_in_the_document(void**) {
  DeliveryBench bench;
  pass_time(bench);
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kUnclear, 8, kUnclearRefusals - 1);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));
}

void while_no_other_document_is_taken_an_unclear_refusal_is_never_final(void**) {
  DeliveryBench bench;
  pass_time(bench);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kUnclear, 8, 50);
  }
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_int_equal(bench.times_sent(kDocuments, id_of(1)), 51);
}

void dead_letters_that_are_taken_do_not_make_an_unclear_refusal_final(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kUnclear, 8, 20);
  // As by other threads: a stream of dead letters, and documents that were stored already.
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    bench.clock.advance_ms(kUnclearMs);
    bench.counters.dead_letters_taken.add();
    bench.counters.already_stored.add();
  });
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
}

void documents_taken_before_its_first_refusal_say_nothing_of_it(void**) {
  DeliveryBench bench;
  pass_time(bench);
  bench.counters.documents_taken.add(1000);
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kUnclear, 8, 20);
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
}

void documents_of_other_threads_make_an_unclear_refusal_final(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kUnclear, 8);
  int inserts = 0;
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    bench.clock.advance_ms(kUnclearMs);
    if (++inserts == 20) bench.counters.documents_taken.add();
  });
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_int_equal(bench.times_sent(kDocuments, id_of(1)), 20);
}

void documents_found_stored_already_say_nothing_of_what_the_database_takes_now(void**) {
  DeliveryBench bench;
  pass_time(bench);
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kUnclear, 8, 20);
  bench.sink.put(kDocuments, id_of(2), document_of(2));
  assert_true(bench.deliver(good_batch(2)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 0, 0}));
  assert_true(bench.is_stored(1));
}

void a_refused_dead_letter_stays_and_is_sent_again_whatever_the_reason(void**) {
  for (const RefusalKind kind :
       {RefusalKind::kDocumentAtFault, RefusalKind::kUnclear, RefusalKind::kDuplicateKey}) {
    DeliveryBench bench;
    bench.sink.refuse(kDeadLetters, id_of(1), kind, 121, 30);
    assert_true(bench.deliver(batch_of({"garbage", "more"})));
    assert_true((bench.counts == journal::SettledCounts{0, 0, 2, 0}));
    assert_int_equal(bench.times_sent(kDeadLetters, id_of(1)), 31);
    assert_int_equal(bench.times_sent(kDeadLetters, id_of(2)), 1);
  }
}

void refusals_are_told_when_they_begin_and_when_they_end(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDeadLetters, id_of(1), RefusalKind::kUnclear, 8, 30);
  assert_true(bench.deliver(batch_of({"garbage", "more"})));
  const auto lines = bench.log.lines();
  assert_int_equal(lines.size(), 2);
  assert_true(lines[0].level == LogLevel::kError);
  assert_int_equal(bench.log.count("refuses 1 of 2 dead letters with code 8"), 1);
  assert_int_equal(bench.log.count("refused dead letters are settled"), 1);
}

void a_stop_ends_the_sending_of_a_refused_dead_letter(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDeadLetters, id_of(1), RefusalKind::kUnclear, 8);
  bench.sink.set_before_insert([&](const test::FakeSink::Call& call) {
    if (bench.times_sent(kDeadLetters, call.ids.front()) == 10) bench.stop.raise();
  });
  assert_false(bench.deliver(batch_of({"garbage"})));
}

void another_dead_letter_under_its_id_counts_as_this_one(void**) {
  DeliveryBench bench;
  bench.sink.put(kDeadLetters, id_of(1), document_of(1));
  assert_true(bench.deliver(batch_of({"garbage"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
}

void whatever_happens_to_the_records_their_counts_add_up(void**) {
  DeliveryBench bench(7);
  auto batch = good_batch(40);
  batch.damaged = 3;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    if (n % 5 == 1) bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kDocumentAtFault, 121);
    if (n % 5 == 2) bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kDuplicateKey, 11000, 1);
    if (n % 5 == 3) bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kUnclear, 8, 2);
    if (n % 5 == 4) bench.sink.put(kDocuments, id_of(n), document_of(n + 100));
  }
  for (int i = 0; i < 20; ++i) {
    bench.sink.lose_next(Status::retry("connection closed"));
    bench.sink.take_next();
    bench.sink.fail_next(Status::retry("no server"));
  }
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{24, 0, 16, 3}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 24 + 8);
  assert_int_equal(bench.sink.documents(kDeadLetters).size(), 16);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_document_at_fault_is_a_dead_letter_at_once_and_the_others_are_stored),
      cmocka_unit_test(another_document_under_its_id_makes_it_a_dead_letter_and_is_left_alone),
      cmocka_unit_test(a_duplicate_with_nothing_stored_is_tried_alone_and_then_is_a_unique_index),
      cmocka_unit_test(an_id_that_nobody_has_by_majority_is_sent_again_but_not_for_ever),
      cmocka_unit_test(a_duplicate_with_nothing_stored_that_is_taken_alone_is_stored),
      cmocka_unit_test(a_lost_answer_when_tried_alone_is_no_unique_index),
      cmocka_unit_test(
          an_unclear_refusal_is_a_dead_letter_only_after_several_while_others_were_taken),
      cmocka_unit_test(quick_unclear_refusals_are_not_final_before_a_minute),
      cmocka_unit_test(an_unclear_refusal_that_passes_ends_in_the_document),
      cmocka_unit_test(while_no_other_document_is_taken_an_unclear_refusal_is_never_final),
      cmocka_unit_test(dead_letters_that_are_taken_do_not_make_an_unclear_refusal_final),
      cmocka_unit_test(documents_taken_before_its_first_refusal_say_nothing_of_it),
      cmocka_unit_test(documents_of_other_threads_make_an_unclear_refusal_final),
      cmocka_unit_test(documents_found_stored_already_say_nothing_of_what_the_database_takes_now),
      cmocka_unit_test(a_refused_dead_letter_stays_and_is_sent_again_whatever_the_reason),
      cmocka_unit_test(refusals_are_told_when_they_begin_and_when_they_end),
      cmocka_unit_test(a_stop_ends_the_sending_of_a_refused_dead_letter),
      cmocka_unit_test(another_dead_letter_under_its_id_counts_as_this_one),
      cmocka_unit_test(whatever_happens_to_the_records_their_counts_add_up),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
