// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Documents and dead letters that the database refuses individually.
#include <cstdint>
#include <vector>

#include "tests/unit/delivery/delivery_bench.h"

namespace mongo_store::delivery {
namespace {

using Sizes = std::vector<std::size_t>;
constexpr std::size_t kUnclearRefusals = 5;
constexpr std::int64_t kUnclearMs = 60'000;

// This much time passes between two inserts: several refusals take longer than a minute.
void pass_time(DeliveryBench& bench) {
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.clock.advance_ms(kUnclearMs / 2); });
}

void a_document_at_fault_becomes_a_dead_letter_at_once(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDocumentAtFault, 121);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_true((bench.sent(kDocuments) == Sizes{3}));
  assert_true(bench.is_stored(1) && bench.is_stored(3));
  assert_true(bench.is_dead_letter_of(2, "database_refused"));
  assert_true(bench.is_dead_letter_of(2, "code 121"));
}

void another_document_with_its_id_makes_it_a_dead_letter(void**) {
  DeliveryBench bench;
  const ByteBuffer other = document_of(99);
  bench.sink.put(kDocuments, id_of(2), other);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_true(bench.sink.documents(kDocuments).at(id_of(2)) == other);
  assert_true(bench.is_dead_letter_of(2, "id_conflict"));
}

void a_duplicate_with_nothing_stored_is_sent_alone_before_a_verdict(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDuplicateKey, 11000);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 1, 0}));
  assert_true((bench.sent(kDocuments) == Sizes{3, 1}));
  assert_true(bench.is_dead_letter_of(2, "unique_index"));
}

void an_unconfirmed_id_is_retried_a_limited_number_of_times(void**) {
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

void a_duplicate_with_nothing_stored_can_be_stored_alone(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDuplicateKey, 11000, 1);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));
}

void a_lost_answer_when_sent_alone_is_not_a_unique_index(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kDuplicateKey, 11000, 1);
  bench.sink.take_next();
  bench.sink.lose_next(Status::retry("connection closed"));
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));
  assert_false(bench.is_dead_letter(2));
}

void unclear_refusals_make_a_dead_letter_only_if_others_are_inserted(void**) {
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

void an_unclear_refusal_that_passes_leads_to_a_document(void**) {
  DeliveryBench bench;
  pass_time(bench);
  bench.sink.refuse(kDocuments, id_of(2), RefusalKind::kUnclear, 8, kUnclearRefusals - 1);
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_true(bench.is_stored(2));
}

void without_other_inserts_an_unclear_refusal_is_never_final(void**) {
  DeliveryBench bench;
  pass_time(bench);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    bench.sink.refuse(kDocuments, id_of(n), RefusalKind::kUnclear, 8, 50);
  }
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_int_equal(bench.times_sent(kDocuments, id_of(1)), 51);
}

void inserted_dead_letters_do_not_make_an_unclear_refusal_final(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kUnclear, 8, 20);
  // Other threads insert dead letters, and find documents that are stored already.
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    bench.clock.advance_ms(kUnclearMs);
    bench.counters.dead_letters_taken.add();
    bench.counters.already_stored.add();
  });
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
}

void documents_inserted_before_the_first_refusal_do_not_count(void**) {
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

void documents_found_already_stored_do_not_count_as_inserted(void**) {
  DeliveryBench bench;
  pass_time(bench);
  bench.sink.refuse(kDocuments, id_of(1), RefusalKind::kUnclear, 8, 20);
  bench.sink.put(kDocuments, id_of(2), document_of(2));
  assert_true(bench.deliver(good_batch(2)));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 0, 0}));
  assert_true(bench.is_stored(1));
}

void a_refused_dead_letter_is_sent_again_for_any_reason(void**) {
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

void the_begin_and_end_of_refusals_are_logged(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDeadLetters, id_of(1), RefusalKind::kUnclear, 8, 30);
  assert_true(bench.deliver(batch_of({"garbage", "more"})));
  const auto lines = bench.log.lines();
  assert_int_equal(lines.size(), 2);
  assert_true(lines[0].level == LogLevel::kError);
  assert_int_equal(bench.log.count("refuses 1 of 2 dead letters (code 8)"), 1);
  assert_int_equal(bench.log.count("refused dead letters are settled"), 1);
}

void a_stop_ends_the_retries_of_a_refused_dead_letter(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDeadLetters, id_of(1), RefusalKind::kUnclear, 8);
  bench.sink.set_before_insert([&](const test::FakeSink::Call& call) {
    if (bench.times_sent(kDeadLetters, call.ids.front()) == 10) bench.stop.raise();
  });
  assert_false(bench.deliver(batch_of({"garbage"})));
}

void a_stored_dead_letter_with_its_id_counts_as_this_one(void**) {
  DeliveryBench bench;
  bench.sink.put(kDeadLetters, id_of(1), document_of(1));
  assert_true(bench.deliver(batch_of({"garbage"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
}

void the_counts_add_up_after_every_kind_of_failure(void**) {
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
      cmocka_unit_test(a_document_at_fault_becomes_a_dead_letter_at_once),
      cmocka_unit_test(another_document_with_its_id_makes_it_a_dead_letter),
      cmocka_unit_test(a_duplicate_with_nothing_stored_is_sent_alone_before_a_verdict),
      cmocka_unit_test(an_unconfirmed_id_is_retried_a_limited_number_of_times),
      cmocka_unit_test(a_duplicate_with_nothing_stored_can_be_stored_alone),
      cmocka_unit_test(a_lost_answer_when_sent_alone_is_not_a_unique_index),
      cmocka_unit_test(unclear_refusals_make_a_dead_letter_only_if_others_are_inserted),
      cmocka_unit_test(quick_unclear_refusals_are_not_final_before_a_minute),
      cmocka_unit_test(an_unclear_refusal_that_passes_leads_to_a_document),
      cmocka_unit_test(without_other_inserts_an_unclear_refusal_is_never_final),
      cmocka_unit_test(inserted_dead_letters_do_not_make_an_unclear_refusal_final),
      cmocka_unit_test(documents_inserted_before_the_first_refusal_do_not_count),
      cmocka_unit_test(documents_of_other_threads_make_an_unclear_refusal_final),
      cmocka_unit_test(documents_found_already_stored_do_not_count_as_inserted),
      cmocka_unit_test(a_refused_dead_letter_is_sent_again_for_any_reason),
      cmocka_unit_test(the_begin_and_end_of_refusals_are_logged),
      cmocka_unit_test(a_stop_ends_the_retries_of_a_refused_dead_letter),
      cmocka_unit_test(a_stored_dead_letter_with_its_id_counts_as_this_one),
      cmocka_unit_test(the_counts_add_up_after_every_kind_of_failure),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
