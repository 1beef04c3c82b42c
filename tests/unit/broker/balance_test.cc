// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/balance.h"

#include "tests/support/cmocka.h"

namespace mongo_store::broker {
namespace {

void the_line_names_each_part_of_both_balances(void**) {
  BalanceSheet sheet;
  sheet.journal = {21, {1, 2, 3, 4}, 11};
  sheet.broker = {26, 5, 6, 7, 8};
  assert_string_equal(
      balance_line(sheet).c_str(),
      "balance: appended 21 = stored 1 + duplicates 2 + dead_lettered 3 + damaged 4 + pending 11; "
      "since start: received 26 = appended 5 + refused 6 + unkept 7 + ignored 8");
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_line_names_each_part_of_both_balances),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
