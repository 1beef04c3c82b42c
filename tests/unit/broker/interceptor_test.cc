// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// With a broker of 2.0: it has no function that only 2.1 has.
#include "broker/interceptor.h"

#include <chrono>
#include <string>
#include <thread>

#include "config/option_table.h"
#include "journal/format.h"
#include "tests/support/allocation_count.h"
#include "tests/unit/broker/interceptor_bench.h"

namespace mongo_store::broker {
namespace {

void a_publish_is_kept_as_it_came_with_its_stamp(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.is_retain = true;
  assert_int_equal(bench.publish("device/a/b", "{\"uuid\":1}", 2), MOSQ_ERR_SUCCESS);
  const message::Publish kept = bench.read_one();
  assert_true(kept.topic == "device/a/b");
  assert_true(as_text(kept.payload) == "{\"uuid\":1}");
  assert_int_equal(kept.payload_bytes_total, 10);
  assert_true(kept.client_id == "client-1");
  assert_true(kept.has_username && kept.username == "user-1");
  assert_int_equal(kept.qos, 2);
  assert_true(kept.is_retain);
  assert_int_equal(kept.arrival_ms, bench.clock.wall_ms());
  assert_int_equal(kept.id.seconds(), bench.clock.wall_ms() / 1000);
}

void other_topics_are_passed_on_and_not_counted(void** state) {
  InterceptorBench& bench = bench_of(state);
  for (const char* topic : {"devices/x", "other/x", "$x/device/y"}) {
    assert_int_equal(bench.publish(topic, "1"), MOSQ_ERR_SUCCESS);
  }
  mosquitto_evt_message without_topic{};
  assert_int_equal(bench.interceptor->on_message(without_topic), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().received, 0);
  assert_int_equal(bench.journal->balance().appended, 0);
}

void a_publish_without_a_client_a_user_or_a_payload_is_kept(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.is_client_known = false;
  assert_int_equal(bench.publish("device/a", ""), MOSQ_ERR_SUCCESS);
  message::Publish kept = bench.read_one();
  assert_true(kept.client_id.empty() && !kept.has_username && kept.payload.empty());

  bench.is_client_known = true;
  bench.client.id = nullptr;
  bench.client.username = nullptr;
  assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
  kept = bench.read_one();
  assert_true(kept.client_id.empty() && !kept.has_username);
  assert_true(bench.is_balanced());
}

void a_payload_over_the_bound_is_cut_and_its_length_is_kept(void** state) {
  InterceptorBench& bench = bench_of(state);
  const std::string most(InterceptorBench::kPayloadBytesMax, 'm');
  const std::string over(InterceptorBench::kPayloadBytesMax + 1, 'o');
  assert_int_equal(bench.publish("device/a", most), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.publish("device/a", over), MOSQ_ERR_SUCCESS);
  message::Publish kept = bench.read_one();
  assert_int_equal(kept.payload.size(), most.size());
  kept = bench.read_one();
  assert_int_equal(kept.payload.size(), 64 << 10);
  assert_int_equal(kept.payload_bytes_total, over.size());
}

void a_message_id_is_kept_from_its_property_and_its_length_is_seen(void** state) {
  InterceptorBench& bench = bench_of(state);
  const auto functions = PropertyFunctions::load();
  assert_true(functions.is_ok());
  bench.interceptor_settings.message_id.emplace(functions.value(), "id");
  bench.open();
  assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
  assert_true(bench.read_one().message_id.empty());
  const std::string most(message::kMessageIdBytesMax, 'm');
  for (const std::string& id : {std::string("17"), most, most + "m", most + most}) {
    mosquitto_property_free_all(&bench.properties);
    mosquitto_property_add_string_pair(&bench.properties, MQTT_PROP_USER_PROPERTY, "id",
                                       id.c_str());
    assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
    const message::Publish kept = bench.read_one();
    assert_true(kept.message_id == id.substr(0, message::kMessageIdBytesMax));
    assert_int_equal(kept.is_message_id_cut, id.size() > message::kMessageIdBytesMax);
  }
}

void a_cleared_retained_message_is_ignored_and_counted(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.is_retain = true;
  for (const int qos : {0, 1, 2}) {
    assert_int_equal(bench.publish("device/a", "", qos), MOSQ_ERR_SUCCESS);
  }
  assert_int_equal(bench.interceptor->counts().ignored, 3);
  assert_int_equal(bench.journal->balance().appended, 0);
  assert_true(bench.is_balanced());
}

void what_a_bridge_brings_retained_is_kept_unless_the_option_leaves_it_out(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.is_retain = true;
  bench.client.address = nullptr;
  assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.journal->balance().appended, 1);
  bench.interceptor_settings.skips_bridged_retained = true;
  bench.open();
  assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().ignored, 1);
  bench.is_retain = false;  // over the bridge, but new
  assert_int_equal(bench.publish("device/a", "2"), MOSQ_ERR_SUCCESS);
  bench.is_retain = true;
  bench.client.address = "192.0.2.1";  // retained by a client of this broker
  assert_int_equal(bench.publish("device/a", "3"), MOSQ_ERR_SUCCESS);
  bench.is_client_known = false;
  assert_int_equal(bench.publish("device/a", "4"), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().ignored, 1);
  assert_int_equal(bench.journal->balance().appended, 1 + 3);
}

void identifiers_rise_in_the_order_of_arrival_and_over_a_restart(void** state) {
  InterceptorBench& bench = bench_of(state);
  ObjectId last;
  for (int i = 0; i < 10; ++i) {
    if (i == 5) bench.open();
    assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
    if (i % 3 == 0) bench.clock.step_wall_ms(i % 2 == 0 ? -5'000'000 : 3'000'000);
  }
  for (int i = 0; i < 10; ++i) {
    const message::Publish kept = bench.read_one();
    assert_true(kept.id > last);
    last = kept.id;
  }
}

void a_full_journal_refuses_so_that_no_client_takes_it_for_an_acknowledgement(void** state) {
  InterceptorBench& bench = bench_of(state);
  assert_int_not_equal(bench.fill(), MOSQ_ERR_SUCCESS);
  const std::uint64_t refused = bench.interceptor->counts().refused;
  const std::string payload = InterceptorBench::fill_payload();
  for (const int version : {3, 4, 5}) {
    bench.client.protocol_version = version;
    for (const int qos : {1, 2}) {
      const int result = bench.publish("device/a", payload, qos);
      // Mosquitto 2.0 answers a denied publish with a normal PUBACK, and has no "quota exceeded"
      // code. Any other error closes the connection.
      assert_int_equal(result, MOSQ_ERR_UNKNOWN);
    }
  }
  bench.is_client_known = false;
  assert_int_equal(bench.publish("device/a", payload), MOSQ_ERR_UNKNOWN);
  assert_int_equal(bench.publish("other/a", payload), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().refused, refused + 6 + 1);
  assert_true(bench.is_balanced());
}

void above_seventy_percent_qos_0_is_passed_on_and_not_kept(void** state) {
  InterceptorBench& bench = bench_of(state);
  assert_int_equal(bench.publish("device/a", "1", 0), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().unkept, 0);
  assert_int_equal(bench.fill_with(bench.journal_bytes / 10 * 7), MOSQ_ERR_SUCCESS);
  const std::uint64_t appended = bench.journal->balance().appended;
  assert_int_equal(bench.publish("device/a", "1", 0), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().unkept, 1);
  assert_int_equal(bench.journal->balance().appended, appended);
  assert_int_equal(bench.publish("device/a", "1", 1), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.journal->balance().appended, appended + 1);
  assert_true(bench.is_balanced());
}

std::uint64_t smallest_journal() {
  const config::Option* const option = config::find_option("journal_max_bytes");
  assert_non_null(option);
  return option->min;
}

// The journal's thread creates the segments that are ready.
void await_used(const InterceptorBench& bench, std::uint64_t bytes) {
  for (int i = 0; i < 3000 && bench.journal->used_bytes() != bytes; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  assert_int_equal(bench.journal->used_bytes(), bytes);
}

void the_smallest_journal_keeps_qos_0_but_not_until_it_is_full(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.journal_bytes = smallest_journal();
  bench.open();
  assert_int_equal(bench.publish("device/a", "1", 0), MOSQ_ERR_SUCCESS);
  await_used(bench, journal::kStandingBytes + 3 * journal::kSegmentBytes);
  assert_int_equal(bench.publish("device/a", "2", 0), MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.journal->balance().appended, 2);
  assert_int_equal(bench.fill_with(bench.journal_bytes, 0), MOSQ_ERR_SUCCESS);
  assert_true(bench.interceptor->counts().unkept > 0);
  assert_int_equal(bench.fill_with(1 << 20, 1), MOSQ_ERR_SUCCESS);
  assert_true(bench.is_balanced());
}

void a_full_journal_lets_qos_0_pass(void** state) {
  InterceptorBench& bench = bench_of(state);
  (void)bench.fill();
  assert_int_equal(bench.publish("device/a", InterceptorBench::fill_payload(), 0),
                   MOSQ_ERR_SUCCESS);
  assert_int_equal(bench.interceptor->counts().unkept, 1);
  assert_true(bench.is_balanced());
}

void refusing_is_told_once_and_not_while_a_message_is_handled(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.interceptor->log_changes();
  (void)bench.fill();
  for (int i = 0; i < 10; ++i) (void)bench.publish("device/a", InterceptorBench::fill_payload());
  assert_int_equal(bench.log.count("journal: full"), 0);
  for (int i = 0; i < 10; ++i) bench.interceptor->log_changes();
  assert_int_equal(bench.log.count("journal: full"), 1);
}

// Prevents the journal from creating a segment, from its start on.
void open_with_fault(InterceptorBench& bench, const Status& fault) {
  bench.faulty.set_fault([fault](const test::FaultyFileSystem::Call& call) {
    return call.name == "allocate" && call.path.ends_with(".new") ? fault : Status();
  });
  bench.files = &bench.faulty;
  bench.open();
  assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_UNKNOWN);
  bench.interceptor->log_changes();
}

void a_full_disk_is_not_told_as_a_full_journal(void** state) {
  InterceptorBench& bench = bench_of(state);
  bench.faulty.set_facts({journal::Medium::kPlain, "ext4", 12'288});
  open_with_fault(bench, Status::no_space("can't reserve room: No space left on device"));
  assert_int_equal(bench.log.count("journal: full"), 0);
  assert_int_equal(bench.log.count("journal: no room on the disk (12288 bytes free, a segment "
                                   "needs 4194304; the journal has 12288 of 50331648"),
                   1);
  assert_true(bench.journal->is_refusing());
}

void a_failing_disk_is_told_as_that(void** state) {
  InterceptorBench& bench = bench_of(state);
  open_with_fault(bench, Status::io("can't reserve room: Input/output error"));
  assert_int_equal(bench.log.count("journal: the disk failed"), 1);
  assert_int_equal(bench.log.count("can't reserve room: Input/output error"), 1);
  assert_int_equal(bench.log.count("journal: full"), 0);
  assert_int_equal(bench.log.count("no room"), 0);
  assert_true(bench.journal->is_refusing());
}

void an_end_of_refusing_is_told_but_no_more_than_once_a_second(void** state) {
  InterceptorBench& bench = bench_of(state);
  (void)bench.fill();
  bench.interceptor->log_changes();
  // The last segment still has room for a small record.
  assert_int_equal(bench.publish("device/a", "1"), MOSQ_ERR_SUCCESS);
  bench.clock.advance_ms(999);
  bench.interceptor->log_changes();
  assert_int_equal(bench.log.count("messages are accepted again"), 0);
  bench.clock.advance_ms(1);
  bench.interceptor->log_changes();
  assert_int_equal(bench.log.count("messages are accepted again"), 1);
}

void a_message_costs_no_allocation(void** state) {
  InterceptorBench& bench = bench_of(state);
  const std::string payload(200, 'x');
  (void)bench.publish("device/a", payload);  // uses a segment
  const unsigned long before = test::allocation_count();
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    failed += bench.publish("device/a", payload) == MOSQ_ERR_SUCCESS ? 0 : 1;
    failed += bench.publish("other/a", payload) == MOSQ_ERR_SUCCESS ? 0 : 1;
  }
  const unsigned long after = test::allocation_count();
  assert_int_equal(failed, 0);
  assert_int_equal(after - before, 0);
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      WITH_BENCH(a_publish_is_kept_as_it_came_with_its_stamp),
      WITH_BENCH(other_topics_are_passed_on_and_not_counted),
      WITH_BENCH(a_publish_without_a_client_a_user_or_a_payload_is_kept),
      WITH_BENCH(a_payload_over_the_bound_is_cut_and_its_length_is_kept),
      WITH_BENCH(a_message_id_is_kept_from_its_property_and_its_length_is_seen),
      WITH_BENCH(a_cleared_retained_message_is_ignored_and_counted),
      WITH_BENCH(what_a_bridge_brings_retained_is_kept_unless_the_option_leaves_it_out),
      WITH_BENCH(identifiers_rise_in_the_order_of_arrival_and_over_a_restart),
      WITH_BENCH(a_full_journal_refuses_so_that_no_client_takes_it_for_an_acknowledgement),
      WITH_BENCH(above_seventy_percent_qos_0_is_passed_on_and_not_kept),
      WITH_BENCH(the_smallest_journal_keeps_qos_0_but_not_until_it_is_full),
      WITH_BENCH(a_full_journal_lets_qos_0_pass),
      WITH_BENCH(refusing_is_told_once_and_not_while_a_message_is_handled),
      WITH_BENCH(a_full_disk_is_not_told_as_a_full_journal),
      WITH_BENCH(a_failing_disk_is_told_as_that),
      WITH_BENCH(an_end_of_refusing_is_told_but_no_more_than_once_a_second),
      WITH_BENCH(a_message_costs_no_allocation),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
