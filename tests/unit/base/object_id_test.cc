// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/object_id.h"

#include <cstddef>
#include <initializer_list>

#include "tests/support/cmocka.h"

namespace mongo_store {
namespace {

ObjectId of(std::initializer_list<unsigned> bytes) {
  ObjectId id;
  std::size_t at = 0;
  for (const unsigned byte : bytes) id.bytes[at++] = static_cast<std::byte>(byte);
  return id;
}

void seconds_are_the_first_four_bytes_big_endian(void**) {
  assert_true(of({0x65, 0x01, 0x02, 0x83}).seconds() == 0x65010283);
  assert_true(of({0xff, 0xff, 0xff, 0xff}).seconds() == 0xffffffff);
}

void hex_has_each_byte_in_order(void**) {
  const ObjectId id = of({0x65, 0x0a, 0, 0xff, 1, 2, 3, 4, 5, 0xab, 0xcd, 0xef});
  assert_string_equal(id.hex().c_str(), "650a00ff0102030405abcdef");
}

void order_is_that_of_the_bytes(void**) {
  assert_true(of({1}) < of({2}));
  assert_true(of({1, 0xff}) < of({2, 0}));
  assert_true(of({0x7f}) < of({0x80}));  // unsigned
  assert_true(of({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) > ObjectId{});
}

void only_zero_is_zero(void**) {
  assert_true(ObjectId{}.is_zero());
  assert_false(of({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}).is_zero());
}

}  // namespace
}  // namespace mongo_store

int main() {
  using namespace mongo_store;
  const CMUnitTest tests[] = {
      cmocka_unit_test(seconds_are_the_first_four_bytes_big_endian),
      cmocka_unit_test(hex_has_each_byte_in_order),
      cmocka_unit_test(order_is_that_of_the_bytes),
      cmocka_unit_test(only_zero_is_zero),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
