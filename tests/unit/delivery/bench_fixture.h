// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "tests/support/cmocka.h"

namespace mongo_store::delivery {

// Gives each test its own Bench (derived from JournalBench). The teardown deletes it, because a
// failed assertion skips destructors. A test that must abandon it sets its state to null.
template <typename Bench>
struct BenchFixture {
  static Bench& of(void** state) { return *static_cast<Bench*>(*state); }
  static int set_up(void** state) {
    *state = new Bench;
    return of(state).journal == nullptr ? -1 : 0;
  }
  static int tear_down(void** state) {
    delete static_cast<Bench*>(*state);
    return 0;
  }
};

}  // namespace mongo_store::delivery

#define WITH_BENCH(Bench, test) \
  cmocka_unit_test_setup_teardown(test, BenchFixture<Bench>::set_up, BenchFixture<Bench>::tear_down)
