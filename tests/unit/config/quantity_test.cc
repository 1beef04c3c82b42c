// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/quantity.h"

#include <limits>

#include "tests/support/cmocka.h"

namespace mongo_store::config {
namespace {

std::optional<std::uint64_t> size(std::string_view text) {
  return parse_quantity(units_of(OptionKind::kSize), text);
}
std::optional<std::uint64_t> interval(std::string_view text) {
  return parse_quantity(units_of(OptionKind::kInterval), text);
}
std::optional<std::uint64_t> plain(std::string_view text) {
  return parse_quantity(units_of(OptionKind::kInteger), text);
}

void sizes_are_bytes_or_carry_a_binary_unit(void**) {
  assert_int_equal(size("4096").value_or(0), 4096);
  assert_int_equal(size("64KiB").value_or(0), 65536);
  assert_int_equal(size("4 MiB").value_or(0), 4194304);
  assert_int_equal(size("1GiB").value_or(0), 1073741824);
  assert_int_equal(size("1TiB").value_or(0), std::uint64_t{1} << 40);
  for (const char* malformed : {"", "MiB", "1k", "1M", "1MB", "1mib", "1.5MiB", "-1", "+1", "0x10",
                                "1 MiB x", "1_000", "1,000"}) {
    assert_false(size(malformed).has_value());
  }
}

void intervals_need_their_unit(void**) {
  assert_int_equal(interval("100ms").value_or(0), 100);
  assert_int_equal(interval("2s").value_or(0), 2000);
  for (const char* malformed : {"100", "100us", "1m", "1.5s", "ms", ""}) {
    assert_false(interval(malformed).has_value());
  }
}

void plain_numbers_have_none(void**) {
  assert_int_equal(plain("007").value_or(0), 7);
  for (const char* malformed : {"1ms", "1KiB", "one", "1e3", "1.0", " 1"}) {
    assert_false(plain(malformed).has_value());
  }
}

void what_64_bits_can_not_hold_is_out_of_range_and_does_not_wrap(void**) {
  constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();
  assert_true(plain("99999999999999999999999") == kHighest);
  assert_true(size("18446744073709551615KiB") == kHighest);
  assert_true(size("16777216TiB") == kHighest);
  assert_true(interval("18446744073709551615s") == kHighest);
  assert_false(plain("99999999999999999999999x").has_value());
}

void a_number_is_shown_in_the_largest_unit_that_divides_it(void**) {
  const auto size_text = [](std::uint64_t value) {
    return quantity_text(units_of(OptionKind::kSize), value);
  };
  assert_string_equal(size_text(std::uint64_t{1} << 40).c_str(), "1TiB");
  assert_string_equal(size_text(1536).c_str(), "1536");
  assert_string_equal(size_text(3 << 20).c_str(), "3MiB");
  assert_string_equal(size_text(0).c_str(), "0");
  assert_string_equal(quantity_text(units_of(OptionKind::kInterval), 1500).c_str(), "1500ms");
  assert_string_equal(quantity_text(units_of(OptionKind::kInterval), 60000).c_str(), "60s");
}

}  // namespace
}  // namespace mongo_store::config

int main() {
  using namespace mongo_store::config;
  const CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_bytes_or_carry_a_binary_unit),
      cmocka_unit_test(intervals_need_their_unit),
      cmocka_unit_test(plain_numbers_have_none),
      cmocka_unit_test(what_64_bits_can_not_hold_is_out_of_range_and_does_not_wrap),
      cmocka_unit_test(a_number_is_shown_in_the_largest_unit_that_divides_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
