// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/value.h"

#include <concepts>
#include <type_traits>

#include "base/text.h"
#include "config/blanks.h"
#include "config/mongo_uri.h"
#include "config/quantity.h"
#include "config/topic_filter.h"
#include "config/utf8.h"

namespace mongo_store::config {
namespace {

// An enumeration or a boolean whose values are indexes into Option::choices.
template <typename T>
concept Choice = std::is_enum_v<T> || std::same_as<T, bool>;

std::string check_text(const Option& option, std::string_view given) {
  if (given.size() > option.max) return text("is longer than ", option.max, " bytes");
  if (!is_printable_utf8(given)) return "contains control characters or invalid UTF-8";
  return option.check == nullptr ? "" : option.check(given);
}

std::string set(const Option& option, std::string_view given, std::string& to) {
  std::string reason = check_text(option, given);
  if (!reason.empty()) return reason;
  to = option.kind == OptionKind::kUri ? with_scheme(given) : std::string(given);
  return {};
}

std::string set(const Option& option, std::string_view given, std::vector<std::string>& to) {
  std::vector<std::string> parts;
  while (!(given = trimmed(given)).empty()) {
    const std::string_view part = given.substr(0, given.find_first_of(kBlanks));
    std::string reason = check_text(option, part);
    if (!reason.empty()) return reason;
    parts.emplace_back(part);
    given.remove_prefix(part.size());
  }
  if (parts.size() > kTopicFiltersMax) return text("has more than ", kTopicFiltersMax, " filters");
  to = std::move(parts);
  return {};
}

template <std::integral Number>
requires(!Choice<Number>) std::string
    set(const Option& option, std::string_view given, Number& to) {
  if (!option.word.empty() && given == option.word) {
    to = 0;
    return {};
  }
  const auto number = parse_quantity(units_of(option.kind), given);
  if (!number) return "is malformed";
  if (*number < option.min || *number > option.max) return "is out of range";
  to = static_cast<Number>(*number);
  return {};
}

std::string set(const Option& option, std::string_view given, Choice auto& to) {
  for (const int place : {0, 1}) {
    if (given != option.choices[place]) continue;
    to = static_cast<std::remove_reference_t<decltype(to)>>(place);
    return {};
  }
  return "is not one of the choices";
}

std::string show(const Option&, const std::string& value) { return value; }

std::string show(const Option&, const std::vector<std::string>& value) {
  std::string joined;
  for (const std::string& part : value) joined += text(joined.empty() ? "" : " ", part);
  return joined;
}

template <std::integral Number>
requires(!Choice<Number>) std::string show(const Option& option, Number value) {
  if (!option.word.empty() && value == 0) return std::string(option.word);
  return quantity_text(units_of(option.kind), static_cast<std::uint64_t>(value));
}

std::string show(const Option& option, Choice auto value) {
  return std::string(option.choices[static_cast<int>(value)]);
}

}  // namespace

std::string set_value(const Option& option, std::string_view given, Config& config) {
  return set_exact_value(option, trimmed(given), config);
}

std::string set_exact_value(const Option& option, std::string_view given, Config& config) {
  if (given.empty()) return "is empty";
  return std::visit([&](auto field) { return set(option, given, config.*field); }, option.field);
}

std::string value_text(const Option& option, const Config& config) {
  return std::visit([&](auto field) { return show(option, config.*field); }, option.field);
}

}  // namespace mongo_store::config
