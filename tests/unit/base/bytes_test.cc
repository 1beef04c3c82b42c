// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store {
namespace {

constexpr std::byte kUntouched{0xaa};

template <std::size_t N>
std::array<std::byte, N> untouched() {
  std::array<std::byte, N> bytes{};
  bytes.fill(kUntouched);
  return bytes;
}

void numbers_are_stored_little_endian(void**) {
  std::array<std::byte, 8> bytes{};
  store_le(bytes.data(), std::uint64_t{0x0807060504030201});
  for (unsigned i = 0; i < 8; ++i) assert_int_equal(std::to_integer<unsigned>(bytes[i]), i + 1);
  assert_true(load_le<std::uint64_t>(bytes.data()) == 0x0807060504030201);
  assert_true(load_le<std::uint32_t>(bytes.data()) == 0x04030201);
  assert_true(load_le<std::uint16_t>(bytes.data()) == 0x0201);
}

void what_is_written_is_read_back(void**) {
  std::array<std::byte, 32> bytes{};
  ByteWriter writer(bytes);
  writer.put(std::uint8_t{1});
  writer.put(std::uint32_t{70'000});
  writer.put_text16("topic");
  writer.put_bytes(as_bytes("rest"));
  assert_false(writer.is_overrun());
  assert_int_equal(writer.used(), 1 + 4 + 2 + 5 + 4);

  ByteReader reader(ByteView(bytes).first(writer.used()));
  assert_int_equal(reader.get<std::uint8_t>(), 1);
  assert_int_equal(reader.get<std::uint32_t>(), 70'000);
  assert_true(reader.get_text16() == "topic");
  assert_true(as_text(reader.rest()) == "rest");
  assert_false(reader.is_overrun());
}

void what_does_not_fit_is_not_written_and_nothing_behind_it_either(void**) {
  auto bytes = untouched<8>();
  ByteWriter writer(std::span<std::byte>(bytes).first(4));
  writer.put(std::uint16_t{0x0101});
  writer.put(std::uint32_t{0x02020202});
  assert_true(writer.is_overrun());
  writer.put(std::uint8_t{3});  // would fit, but in the wrong place
  assert_int_equal(writer.used(), 2);
  for (std::size_t i = 2; i < bytes.size(); ++i) assert_true(bytes[i] == kUntouched);
}

void bytes_that_fill_the_span_exactly_fit(void**) {
  auto bytes = untouched<4>();
  ByteWriter writer(bytes);
  writer.put_bytes({});
  writer.put_bytes(as_bytes("abcd"));
  writer.put_bytes({});
  assert_false(writer.is_overrun());
  writer.put_bytes(as_bytes("e"));
  assert_true(writer.is_overrun());
}

void a_text_too_long_for_its_length_is_an_overrun(void**) {
  ByteBuffer bytes(100'000);
  ByteWriter most(bytes);
  most.put_text16(std::string(UINT16_MAX, 'x'));
  assert_false(most.is_overrun());
  ByteWriter over(bytes);
  over.put_text16(std::string(std::size_t{UINT16_MAX} + 1, 'x'));
  assert_true(over.is_overrun());
  assert_int_equal(over.used(), 0);
}

void reading_beyond_the_end_yields_nothing_from_there_on(void**) {
  const std::string text = "\x05";
  ByteReader reader(as_bytes(text));
  assert_int_equal(reader.get<std::uint16_t>(), 0);
  assert_true(reader.is_overrun());
  assert_int_equal(reader.get<std::uint8_t>(), 0);  // one byte is there, but out of step
  assert_true(reader.get_bytes(1).empty());
  assert_true(reader.rest().empty());
}

void a_length_beyond_the_end_is_an_overrun(void**) {
  const std::string text(
      "\xff\xff"
      "abc",
      5);
  ByteReader reader(as_bytes(text));
  assert_true(reader.get_text16().empty());
  assert_true(reader.is_overrun());
  ByteReader huge(as_bytes(text));
  assert_true(huge.get_bytes(SIZE_MAX).empty());
  assert_true(huge.is_overrun());
}

void rounding_keeps_multiples(void**) {
  assert_int_equal(round_up(0, 8), 0);
  assert_int_equal(round_up(1, 8), 8);
  assert_int_equal(round_up(8, 8), 8);
  assert_int_equal(round_down(15, 8), 8);
  assert_int_equal(round_down(16, 8), 16);
}

}  // namespace
}  // namespace mongo_store

int main() {
  using namespace mongo_store;
  const CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_stored_little_endian),
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(what_does_not_fit_is_not_written_and_nothing_behind_it_either),
      cmocka_unit_test(bytes_that_fill_the_span_exactly_fit),
      cmocka_unit_test(a_text_too_long_for_its_length_is_an_overrun),
      cmocka_unit_test(reading_beyond_the_end_yields_nothing_from_there_on),
      cmocka_unit_test(a_length_beyond_the_end_is_an_overrun),
      cmocka_unit_test(rounding_keeps_multiples),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
