// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// A server that closes the connection when it receives a certain document.
#include <cstdint>
#include <string>

#include "tests/unit/delivery/delivery_bench.h"

namespace mongo_store::delivery {
namespace {

constexpr std::size_t kClosingsOfOne = 8;
constexpr std::size_t kClosingsOfOneMax = 64;

void one_document_in_a_thousand_is_found(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(321));
  assert_true(bench.deliver(good_batch(1000)));
  assert_true((bench.counts == journal::SettledCounts{999, 0, 1, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 999);
  assert_true(bench.is_dead_letter_of(321, "connection_closed"));
  assert_true(bench.is_dead_letter_of(321, good_payload(321)));
  assert_true(bench.sent(kDocuments).size() < 60);
  assert_int_equal(bench.log.count("closed twice while 1000 documents were being sent"), 1);
  const std::size_t before = bench.sent(kDocuments).size();
  assert_true(bench.deliver(good_batch(1000)));
  assert_int_equal(bench.sent(kDocuments).at(before), 1000);
}

void several_documents_are_found(void**) {
  DeliveryBench bench;
  for (const std::uint64_t n : {1, 2, 50, 100}) bench.sink.close_on(kDocuments, id_of(n));
  assert_true(bench.deliver(good_batch(100)));
  assert_true((bench.counts == journal::SettledCounts{96, 0, 4, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 96);
}

void closings_that_stop_have_no_effect(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(3), 15);
  assert_true(bench.deliver(good_batch(10)));
  assert_true((bench.counts == journal::SettledCounts{10, 0, 0, 0}));
}

void without_an_answer_in_between_closings_prove_nothing(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(2), 500);
  bench.sink.fail_finds(Status::retry("no primary"));
  // Another thread's documents are inserted all the time.
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.counters.documents_taken.add(); });
  assert_true(bench.deliver(good_batch(3)));
  assert_true((bench.counts == journal::SettledCounts{3, 0, 0, 0}));
  assert_int_equal(bench.sent(kDocuments).size(), 501);
}

void other_failures_never_halve_a_batch(void**) {
  DeliveryBench bench;
  for (int i = 0; i < 100; ++i) bench.sink.fail_next(Status::retry("timed out"));
  assert_true(bench.deliver(good_batch(10)));
  for (const std::size_t size : bench.sent(kDocuments)) assert_int_equal(size, 10);
}

void another_failure_resets_the_count_of_closings(void**) {
  DeliveryBench bench;
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.counters.documents_taken.add(); });
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 1; i < kClosingsOfOne; ++i) bench.sink.close_next();
    bench.sink.fail_next(Status::retry("no primary"));
  }
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
}

void without_other_inserts_a_verdict_takes_many_more_closings(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(1), kClosingsOfOneMax - 1);
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
  bench.sink.close_on(kDocuments, id_of(2));
  auto batch = batch_of({"garbage", body_of(2, good_payload(2))});
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 2, 0}));
  assert_int_equal(bench.times_sent(kDocuments, id_of(2)), kClosingsOfOneMax);
}

// The steps tell a caller that waits for a settled record that one will come. Their number is
// bounded.
void closings_on_one_document_are_a_bounded_number_of_steps(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(1));
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_int_equal(bench.counters.steps_to_verdicts.value(), kClosingsOfOneMax);
}

void without_a_verdict_the_steps_end_too(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDeadLetters, id_of(1), 3 * kClosingsOfOneMax);
  assert_true(bench.deliver(batch_of({"garbage"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_int_equal(bench.counters.steps_to_verdicts.value(), kClosingsOfOneMax);
}

void a_document_found_stored_after_a_closing_is_settled(void**) {
  DeliveryBench bench;
  bench.sink.put(kDocuments, id_of(1), document_of(1));
  bench.sink.close_on(kDocuments, id_of(1), 200);
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.counters.documents_taken.add(); });
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
  assert_int_equal(bench.sent(kDocuments).size(), 1);
}

// The broker ended after that dead letter was stored, and before the checkpoint moved.
void a_stored_dead_letter_is_settled_despite_closings(void**) {
  DeliveryBench bench;
  bench.sink.put(kDeadLetters, id_of(1), document_of(1));
  bench.sink.close_on(kDeadLetters, id_of(1), 200);
  assert_true(bench.deliver(batch_of({body_of(1, "garbage")})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_int_equal(bench.sent(kDeadLetters).size(), 1);
}

void a_conflict_is_found_despite_closings(void**) {
  DeliveryBench bench;
  bench.sink.put(kDocuments, id_of(1), document_of(2));
  bench.sink.close_on(kDocuments, id_of(1), 200);
  assert_true(bench.deliver(good_batch(1)));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_true(bench.is_dead_letter_of(1, "id_conflict"));
}

void a_dead_letter_with_closings_is_sent_without_its_payload(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDeadLetters, id_of(2), 2 + kClosingsOfOne);
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.counters.dead_letters_taken.add(); });
  assert_true(bench.deliver(batch_of({"garbage", body_of(2, "garbage 2")})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 2, 0}));
  assert_true(bench.is_dead_letter(1));
  assert_true(bench.is_dead_letter_of(2, "connection_closed"));
  assert_true(bench.is_dead_letter_of(2, "device/a"));
  assert_false(bench.is_dead_letter_of(2, "garbage 2"));
  assert_true(bench.is_dead_letter_of(2, bench.kept_payloads.path(id_of(2))));
  assert_string_equal(bench.kept_payload(2).c_str(), "garbage 2");
  assert_int_equal(bench.budget.used(), sizeof("garbage 2") - 1);
  assert_int_equal(bench.log.count(id_of(2).hex()), 1);
}

void a_payload_that_cannot_be_saved_is_not_left_out(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDeadLetters, id_of(1), 4 * kClosingsOfOne);
  bench.files.set_fault([](const test::FaultyFileSystem::Call& call) {
    return call.name == "sync_directory" ? Status::no_space("full") : Status();
  });
  bench.sink.set_before_insert(
      [&](const test::FakeSink::Call&) { bench.counters.dead_letters_taken.add(); });
  assert_true(bench.deliver(batch_of({"garbage 1"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_true(bench.is_dead_letter_of(1, "garbage 1"));
  assert_int_equal(bench.log.count("it waits until its payload can be saved"), 1);
  assert_int_equal(bench.log.count("without its payload"), 0);
}

void without_other_inserts_a_dead_letter_keeps_its_payload(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDeadLetters, id_of(1), 2 * kClosingsOfOneMax);
  assert_true(bench.deliver(batch_of({"garbage 1"})));
  assert_true((bench.counts == journal::SettledCounts{0, 0, 1, 0}));
  assert_true(bench.is_dead_letter_of(1, "garbage 1"));
}

// More documents come during the closings on one document, which is no longer the only one.
void new_documents_do_not_stop_the_search(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(1));
  bench.open(good_batch(1));
  for (int i = 0; i < 4; ++i) bench.advance();
  auto more = batch_of({body_of(2, good_payload(2)), body_of(3, good_payload(3))});
  more.records[0].id = id_of(2);
  more.records[1].id = id_of(3);
  bench.open(more);
  for (int i = 0; i < 200 && bench.sink.documents(kDeadLetters).empty(); ++i) bench.advance();
  assert_int_equal(bench.sink.documents(kDocuments).size(), 2);
  assert_true(bench.is_dead_letter_of(1, "connection_closed"));
}

void a_stop_ends_the_search(void**) {
  DeliveryBench bench;
  bench.sink.close_on(kDocuments, id_of(3));
  bench.sink.set_before_insert([&](const test::FakeSink::Call&) {
    if (bench.sink.calls().size() == 5) bench.stop.raise();
  });
  assert_false(bench.deliver(good_batch(10)));
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_document_in_a_thousand_is_found),
      cmocka_unit_test(several_documents_are_found),
      cmocka_unit_test(closings_that_stop_have_no_effect),
      cmocka_unit_test(without_an_answer_in_between_closings_prove_nothing),
      cmocka_unit_test(other_failures_never_halve_a_batch),
      cmocka_unit_test(another_failure_resets_the_count_of_closings),
      cmocka_unit_test(without_other_inserts_a_verdict_takes_many_more_closings),
      cmocka_unit_test(closings_on_one_document_are_a_bounded_number_of_steps),
      cmocka_unit_test(without_a_verdict_the_steps_end_too),
      cmocka_unit_test(a_document_found_stored_after_a_closing_is_settled),
      cmocka_unit_test(a_stored_dead_letter_is_settled_despite_closings),
      cmocka_unit_test(a_conflict_is_found_despite_closings),
      cmocka_unit_test(a_dead_letter_with_closings_is_sent_without_its_payload),
      cmocka_unit_test(a_payload_that_cannot_be_saved_is_not_left_out),
      cmocka_unit_test(without_other_inserts_a_dead_letter_keeps_its_payload),
      cmocka_unit_test(new_documents_do_not_stop_the_search),
      cmocka_unit_test(a_stop_ends_the_search),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
