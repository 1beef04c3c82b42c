// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Messages with the same message id.
#include <string>
#include <utility>
#include <vector>

#include "message/message_id.h"
#include "tests/unit/delivery/delivery_bench.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kFirstMs = 1'700'000'000'000;

message::DeliveryContext context_with_ids(const char* gateway_id = "gateway-1") {
  message::DeliveryContext context = test_context();
  context.gateway_id = gateway_id;
  context.routes[0].message_id_source = MessageIdSource::kPayload;
  context.routes[0].message_id_name = "seq";
  return context;
}

// A message as it arrived. Record n of its batch has id_of(first_record + n).
struct Arrival {
  int seq = 0;
  int value = 0;
  std::int64_t after_ms = 0;
};

journal::ReadBatch batch_of_arrivals(const std::vector<Arrival>& arrivals,
                                     std::uint64_t first_record = 1,
                                     const char* gateway_id = "gateway-1") {
  std::vector<std::string> bodies;
  for (const Arrival& arrival : arrivals) {
    const std::string payload =
        text("{\"uuid\":\"device\",\"value\":", arrival.value, ",\"seq\":", arrival.seq, '}');
    message::Publish publish = test_publish(0, payload);
    publish.arrival_ms = kFirstMs + arrival.after_ms;
    bodies.push_back(encoded_head(publish) + payload);
  }
  journal::ReadBatch batch = batch_of(bodies);
  batch.context = message::encode_context(context_with_ids(gateway_id));
  for (journal::RecordView& record : batch.records) {
    record.id = id_of(first_record + record.sequence - 1);
  }
  return batch;
}

ObjectId id_of_seq(int seq) {
  return message::message_document_id(test_publish(0, ""), "device", std::to_string(seq));
}

void a_resend_in_the_same_batch_is_a_duplicate(void**) {
  DeliveryBench bench;
  const auto batch = batch_of_arrivals({{1, 20, 0}, {2, 21, 1}, {1, 20, 2}, {1, 20, 3}});
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{2, 2, 0, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 2);
  assert_int_equal(bench.sink.documents(kDocuments).count(id_of_seq(1)), 1);
  assert_true(bench.sink.documents(kDeadLetters).empty());
}

void a_resend_within_the_same_millisecond_is_a_duplicate_too(void**) {
  DeliveryBench bench;
  const auto batch = batch_of_arrivals({{1, 20, 0}, {2, 21, 0}, {1, 20, 0}, {1, 20, 0}});
  bench.sink.lose_next(Status::retry("connection closed"));
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{2, 2, 0, 0}));
  assert_int_equal(bench.counters.already_stored.value(), 2);
}

void a_resend_in_a_later_batch_is_a_duplicate(void**) {
  DeliveryBench bench;
  assert_true(bench.deliver(batch_of_arrivals({{1, 20, 0}})));
  const auto stored = bench.sink.documents(kDocuments);
  assert_true(bench.deliver(batch_of_arrivals({{1, 20, 9}}, 2)));
  assert_true((bench.counts == journal::SettledCounts{0, 1, 0, 0}));
  assert_true(bench.sink.documents(kDocuments) == stored);
}

void a_resend_through_another_broker_is_a_duplicate(void**) {
  DeliveryBench bench;
  assert_true(bench.deliver(batch_of_arrivals({{1, 20, 0}})));
  const auto batch = batch_of_arrivals({{1, 20, 9}, {2, 21, 9}}, 100, "gateway-2");
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{1, 1, 0, 0}));
}

void the_same_record_sent_again_is_not_a_duplicate(void**) {
  DeliveryBench bench;
  const auto batch = batch_of_arrivals({{1, 20, 0}, {2, 21, 1}, {1, 20, 2}});
  bench.sink.lose_next(Status::retry("connection closed"));
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{2, 1, 0, 0}));
  // Sent again after a crash before the checkpoint.
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{2, 1, 0, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).size(), 2);
}

void different_content_with_the_same_id_is_a_dead_letter(void**) {
  DeliveryBench bench;
  const auto batch = batch_of_arrivals({{1, 20, 0}, {1, 30, 1}, {1, 20, 2}});
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{1, 1, 1, 0}));
  assert_true(bench.is_dead_letter_of(2, "id_conflict"));
  assert_true(bench.is_dead_letter_of(2, id_of_seq(1).hex()));
  assert_int_equal(bench.counters.id_conflicts.value(), 1);
  // Sent once more after a crash before the checkpoint.
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{1, 1, 1, 0}));
  assert_int_equal(bench.sink.documents(kDeadLetters).size(), 1);
  assert_int_equal(bench.sink.documents(kDocuments).size(), 1);
}

void a_duplicate_that_vanished_is_stored(void**) {
  DeliveryBench bench;
  bench.sink.refuse(kDocuments, id_of_seq(1), RefusalKind::kDuplicateKey, 11000, 1);
  assert_true(bench.deliver(batch_of_arrivals({{1, 20, 0}})));
  assert_true((bench.counts == journal::SettledCounts{1, 0, 0, 0}));
  assert_int_equal(bench.sink.documents(kDocuments).count(id_of_seq(1)), 1);
}

void a_duplicate_is_not_settled_before_it_is_confirmed(void**) {
  DeliveryBench bench;
  assert_true(bench.deliver(batch_of_arrivals({{1, 20, 0}})));
  for (int i = 0; i < 3; ++i) bench.sink.lose_next(Status::retry("not confirmed"));
  for (int i = 0; i < 3; ++i) bench.sink.fail_next_find(Status::retry("no primary"));
  assert_true(bench.deliver(batch_of_arrivals({{1, 20, 9}}, 2)));
  assert_true((bench.counts == journal::SettledCounts{0, 1, 0, 0}));
  assert_int_equal(bench.times_sent(kDocuments, id_of_seq(1)), 1 + 4);
  assert_int_equal(bench.log.count("accepts documents again"), 1);
}

void messages_without_an_id_are_separate_documents(void**) {
  DeliveryBench bench;
  auto batch = good_batch(2);
  batch.context = message::encode_context(context_with_ids());
  assert_true(bench.deliver(batch));
  assert_true((bench.counts == journal::SettledCounts{2, 0, 0, 0}));
  assert_true(bench.is_stored(1) && bench.is_stored(2));
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_resend_in_the_same_batch_is_a_duplicate),
      cmocka_unit_test(a_resend_within_the_same_millisecond_is_a_duplicate_too),
      cmocka_unit_test(a_resend_in_a_later_batch_is_a_duplicate),
      cmocka_unit_test(a_resend_through_another_broker_is_a_duplicate),
      cmocka_unit_test(the_same_record_sent_again_is_not_a_duplicate),
      cmocka_unit_test(different_content_with_the_same_id_is_a_dead_letter),
      cmocka_unit_test(a_duplicate_that_vanished_is_stored),
      cmocka_unit_test(a_duplicate_is_not_settled_before_it_is_confirmed),
      cmocka_unit_test(messages_without_an_id_are_separate_documents),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
