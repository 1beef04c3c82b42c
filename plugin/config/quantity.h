// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/option_table.h"

namespace mongo_store::config {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// The units that a number of this kind may carry, largest first. Static storage.
std::span<const Unit> units_of(OptionKind kind);

// Decimal digits, then a unit, blanks between them allowed. What 64 bits can't hold is taken as the
// highest number, which no option's bounds admit; nothing is returned for what is no number.
std::optional<std::uint64_t> parse_quantity(std::span<const Unit> units, std::string_view text);

// In the largest unit that divides it: parse_quantity() gives the same number back.
std::string quantity_text(std::span<const Unit> units, std::uint64_t value);

}  // namespace mongo_store::config
