// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace mongo_store {

namespace text_parts {
inline void append(std::string& to, std::string_view part) { to.append(part); }
inline void append(std::string& to, char part) { to.push_back(part); }
template <std::integral T>
requires(!std::same_as<T, char>) void append(std::string& to, T part) {
  to.append(std::to_string(part));
}
}  // namespace text_parts

// Joins strings and integers: text("segment ", 3, " at offset ", offset).
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::string joined;
  (text_parts::append(joined, parts), ...);
  return joined;
}

// Appends two digits.
void append_hex(std::string& to, unsigned char byte);

// Returns text from a device in a form that is safe between quotes in a log line. Control
// characters and non-ASCII bytes become \xNN, quotes and backslashes get a backslash, and anything
// after bytes_max is replaced by "...".
std::string escaped(std::string_view raw, std::size_t bytes_max = 128);

}  // namespace mongo_store
