// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/quantity.h"

#include <charconv>
#include <limits>

#include "base/text.h"
#include "config/blanks.h"

namespace mongo_store::config {
namespace {

constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();

constexpr Unit kPlainUnits[] = {{"", 1}};
constexpr Unit kSizeUnits[] = {{"TiB", std::uint64_t{1} << 40},
                               {"GiB", std::uint64_t{1} << 30},
                               {"MiB", std::uint64_t{1} << 20},
                               {"KiB", std::uint64_t{1} << 10},
                               {"", 1}};
constexpr Unit kIntervalUnits[] = {{"s", 1000}, {"ms", 1}};

}  // namespace

std::span<const Unit> units_of(OptionKind kind) {
  if (kind == OptionKind::kSize) return kSizeUnits;
  if (kind == OptionKind::kInterval) return kIntervalUnits;
  return kPlainUnits;
}

std::optional<std::uint64_t> parse_quantity(std::span<const Unit> units, std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc::invalid_argument) return std::nullopt;
  const bool is_too_high = error == std::errc::result_out_of_range;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::string_view name = trimmed(text);
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    return is_too_high || count > kHighest / unit.factor ? kHighest : count * unit.factor;
  }
  return std::nullopt;
}

std::string quantity_text(std::span<const Unit> units, std::uint64_t value) {
  for (const Unit& unit : units) {
    if (value % unit.factor != 0 || (value == 0 && unit.factor != 1)) continue;
    return text(value / unit.factor, unit.name);
  }
  return text(value);
}

}  // namespace mongo_store::config
