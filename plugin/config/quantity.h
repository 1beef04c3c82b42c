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

// The units that a number of this kind may have, largest first. Static storage.
std::span<const Unit> units_of(OptionKind kind);

// Parses decimal digits and a unit, with optional blanks between them. A value that doesn't fit in
// 64 bits is returned as the highest number, which is out of range for every option. Returns
// nothing if the text isn't a number.
std::optional<std::uint64_t> parse_quantity(std::span<const Unit> units, std::string_view text);

// Uses the largest unit that divides the value, so that parse_quantity() returns the same number.
std::string quantity_text(std::span<const Unit> units, std::uint64_t value);

}  // namespace mongo_store::config
