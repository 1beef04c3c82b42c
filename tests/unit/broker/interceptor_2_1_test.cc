// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// With a broker of 2.1: this program has the function by which the plugin knows it.
#include <dlfcn.h>

#include "tests/unit/broker/interceptor_bench.h"

extern "C" __attribute__((visibility("default"))) int mosquitto_plugin_set_info(
    mosquitto_plugin_id_t*, const char*, const char*) {
  return MOSQ_ERR_SUCCESS;
}

namespace mongo_store::broker {
namespace {

void it_is_recognised(void**) { assert_true(is_broker_2_1()); }

// The libmosquitto of these tests may be 2.0's, which a broker of 2.1 never has.
void a_libmosquitto_of_another_version_is_refused(void**) {
  const auto functions = PropertyFunctions::load();
  const bool has_2_1 = dlsym(RTLD_DEFAULT, "mosquitto_property_string_name") != nullptr;
  assert_int_equal(functions.is_ok(), has_2_1);
  if (!functions.is_ok()) assert_int_equal(functions.code(), StatusCode::kRefuse);
}

void a_v5_client_is_told_that_its_quota_is_exceeded_and_others_are_closed(void** state) {
  InterceptorBench& bench = bench_of(state);
  (void)bench.fill();
  const std::string payload = InterceptorBench::fill_payload();
  for (const int qos : {1, 2}) {
    bench.client.protocol_version = 5;
    assert_int_equal(bench.publish("device/a", payload, qos), kQuotaExceeded);
    for (const int version : {3, 4}) {
      bench.client.protocol_version = version;
      assert_int_equal(bench.publish("device/a", payload, qos), MOSQ_ERR_UNKNOWN);
    }
  }
  bench.client.protocol_version = 5;
  assert_int_equal(bench.publish("device/a", payload, 0), MOSQ_ERR_SUCCESS);
  assert_true(bench.is_balanced());
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_is_recognised),
      cmocka_unit_test(a_libmosquitto_of_another_version_is_refused),
      WITH_BENCH(a_v5_client_is_told_that_its_quota_is_exceeded_and_others_are_closed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
