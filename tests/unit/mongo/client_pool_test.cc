// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/client_pool.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <utility>

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

using std::chrono::milliseconds;

constexpr const char* kPasswordFile = "client_pool_test.password";

// A pool that nothing connects with.
std::unique_ptr<ClientPool> pool_of(ConnectionOptions options) {
  options.uri = "mongodb://127.0.0.1:1/";
  options.database = "mongogw";
  auto pool = ClientPool::create(std::move(options));
  return pool.is_ok() ? std::move(pool).value() : nullptr;
}

ConnectionOptions with_password_file() {
  ConnectionOptions options;
  options.user = "gateway";
  options.password_file = kPasswordFile;
  return options;
}

void write_password(const char* password) { std::ofstream(kPasswordFile) << password << '\n'; }

int remove_password_file(void**) {
  (void)std::remove(kPasswordFile);
  return 0;
}

void a_missing_right_begins_a_new_generation_once_a_minute_at_most(void**) {
  const auto pool = pool_of({});
  assert_true(pool != nullptr);
  const ClientPool::TimePoint begin{};
  pool->renew(1, begin);
  assert_false(pool->is_current(1));
  assert_true(pool->is_current(2));
  pool->renew(2, begin + ClientPool::kRenewEvery - milliseconds(1));
  assert_true(pool->is_current(2));
  pool->renew(2, begin + ClientPool::kRenewEvery);
  assert_true(pool->is_current(3));
}

void what_another_session_had_renewed_already_is_not_renewed(void**) {
  const auto pool = pool_of({});
  assert_true(pool != nullptr);
  const ClientPool::TimePoint begin{};
  pool->renew(1, begin);
  pool->renew(1, begin + 2 * ClientPool::kRenewEvery);
  assert_true(pool->is_current(2));
}

void a_changed_password_file_does_not_wait_for_that_minute(void**) {
  write_password("old");
  const auto pool = pool_of(with_password_file());
  assert_true(pool != nullptr);
  const ClientPool::TimePoint begin{};
  pool->renew(1, begin);
  assert_true(pool->is_current(2));
  write_password("old");
  pool->renew(2, begin + milliseconds(1));
  assert_true(pool->is_current(2));
  write_password("new");
  pool->renew(2, begin + milliseconds(2));
  assert_true(pool->is_current(3));
  pool->renew(3, begin + milliseconds(3));
  assert_true(pool->is_current(3));
}

void without_its_password_file_it_still_renews(void**) {
  write_password("old");
  const auto pool = pool_of(with_password_file());
  assert_true(pool != nullptr);
  (void)remove_password_file(nullptr);
  pool->renew(1, {});
  assert_true(pool->is_current(2));
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_missing_right_begins_a_new_generation_once_a_minute_at_most),
      cmocka_unit_test(what_another_session_had_renewed_already_is_not_renewed),
      cmocka_unit_test_teardown(a_changed_password_file_does_not_wait_for_that_minute,
                                remove_password_file),
      cmocka_unit_test_teardown(without_its_password_file_it_still_renews, remove_password_file),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
