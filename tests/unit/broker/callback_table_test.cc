// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/callback_table.h"

#include "tests/support/cmocka.h"
#include "tests/support/fake_mosquitto.h"

namespace mongo_store::broker {
namespace {

using test::fake_mosquitto;

int set_up(void**) {
  fake_mosquitto() = {};
  return 0;
}

MOSQ_FUNC_generic_callback registered(int event) {
  for (const auto& callback : fake_mosquitto().callbacks) {
    if (callback.event == event) return callback.function;
  }
  return nullptr;
}

void each_event_that_is_needed_is_registered_and_unregistered(void**) {
  assert_int_equal(register_callbacks(nullptr, nullptr), MOSQ_ERR_SUCCESS);
  for (const int event : {MOSQ_EVT_MESSAGE, MOSQ_EVT_TICK, MOSQ_EVT_RELOAD}) {
    assert_true(registered(event) != nullptr);
  }
  unregister_callbacks(nullptr);
  assert_true(fake_mosquitto().callbacks.empty());
}

void one_that_is_refused_undoes_the_others(void**) {
  for (const int event : {MOSQ_EVT_MESSAGE, MOSQ_EVT_TICK, MOSQ_EVT_RELOAD}) {
    fake_mosquitto().refused_event = event;
    assert_int_equal(register_callbacks(nullptr, nullptr), MOSQ_ERR_NOT_SUPPORTED);
    assert_true(fake_mosquitto().callbacks.empty());
  }
}

void a_reload_is_always_a_success(void**) {
  assert_int_equal(register_callbacks(nullptr, nullptr), MOSQ_ERR_SUCCESS);
  assert_int_equal(registered(MOSQ_EVT_RELOAD)(MOSQ_EVT_RELOAD, nullptr, nullptr),
                   MOSQ_ERR_SUCCESS);
}

}  // namespace
}  // namespace mongo_store::broker

#define WITH_FAKE(test) cmocka_unit_test_setup(test, set_up)

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      WITH_FAKE(each_event_that_is_needed_is_registered_and_unregistered),
      WITH_FAKE(one_that_is_refused_undoes_the_others),
      WITH_FAKE(a_reload_is_always_a_success),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
