// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/status.h"

#include <memory>
#include <utility>

#include "tests/support/cmocka.h"

namespace mongo_store {
namespace {

void a_status_is_ok_until_it_is_given_a_code(void**) {
  assert_true(Status().is_ok());
  assert_true(Status().message().empty());
  const Status failed = Status::no_space("the disk is full");
  assert_false(failed.is_ok());
  assert_true(failed.code() == StatusCode::kNoSpace);
  assert_string_equal(failed.message().c_str(), "the disk is full");
}

void each_maker_gives_its_own_code(void**) {
  assert_true(Status::retry("").code() == StatusCode::kRetry);
  assert_true(Status::reject("").code() == StatusCode::kReject);
  assert_true(Status::refuse("").code() == StatusCode::kRefuse);
  assert_true(Status::busy("").code() == StatusCode::kBusy);
  assert_true(Status::absent("").code() == StatusCode::kAbsent);
  assert_true(Status::corrupt("").code() == StatusCode::kCorrupt);
  assert_true(Status::io("").code() == StatusCode::kIo);
}

void a_result_holds_a_value_that_can_be_moved_out(void**) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  assert_true(result.is_ok());
  assert_true(result.code() == StatusCode::kOk);
  assert_true(result.status().is_ok());
  const std::unique_ptr<int> value = std::move(result).value();
  assert_int_equal(*value, 7);
}

void a_result_without_a_value_says_why(void**) {
  const Result<int> result(Status::absent("no such file"));
  assert_false(result.is_ok());
  assert_true(result.code() == StatusCode::kAbsent);
  assert_string_equal(result.message().c_str(), "no such file");
  assert_string_equal(result.status().message().c_str(), "no such file");
}

}  // namespace
}  // namespace mongo_store

int main() {
  using namespace mongo_store;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_status_is_ok_until_it_is_given_a_code),
      cmocka_unit_test(each_maker_gives_its_own_code),
      cmocka_unit_test(a_result_holds_a_value_that_can_be_moved_out),
      cmocka_unit_test(a_result_without_a_value_says_why),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
