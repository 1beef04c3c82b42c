// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/json_text.h"

#include <algorithm>
#include <charconv>

#include "mongo/handles.h"

namespace mongo_store::mongo {
namespace {

constexpr std::string_view kNumberParts = "0123456789+-.eE";

// The length of the string at the beginning of the text, including its quotes.
std::size_t string_bytes(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

// A double keeps its point or exponent: 3.0 isn't 3.
void append_number(std::string_view token, std::string& to) {
  double number = 0;
  const auto read = std::from_chars(token.data(), token.data() + token.size(), number);
  const bool is_double = token.find_first_of(".eE") != std::string_view::npos;
  if (!is_double || read.ec != std::errc() || read.ptr != token.data() + token.size()) {
    to.append(token);
    return;
  }
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, number);
  const std::string_view shortest(digits, static_cast<std::size_t>(written.ptr - digits));
  to.append(shortest);
  if (shortest.find_first_of(".e") == std::string_view::npos) to.append(".0");
}

}  // namespace

std::string with_short_doubles(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    std::size_t bytes = 1;
    if (json[0] == '"') {
      bytes = string_bytes(json);
      out.append(json.substr(0, bytes));
    } else if (json[0] == '-' || (json[0] >= '0' && json[0] <= '9')) {
      bytes = std::min(json.find_first_not_of(kNumberParts), json.size());
      append_number(json.substr(0, bytes), out);
    } else {
      out.push_back(json[0]);
    }
    json.remove_prefix(bytes);
  }
  return out;
}

std::string json_of(const bson_t& document) {
  const BsonText json(bson_as_relaxed_extended_json(&document, nullptr));
  return json == nullptr ? "(a document that isn't UTF-8)" : with_short_doubles(json.get());
}

}  // namespace mongo_store::mongo
