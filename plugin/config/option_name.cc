// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <algorithm>
#include <numeric>
#include <vector>

#include "base/text.h"
#include "config/option_table.h"
#include "config/quantity.h"

namespace mongo_store::config {
namespace {

// Levenshtein distance.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string range_text(const Option& option) {
  const std::span<const Unit> units = units_of(option.kind);
  return text("from ", quantity_text(units, option.min), " to ", quantity_text(units, option.max));
}

std::string number_text(const Option& option) {
  switch (option.kind) {
    case OptionKind::kSize:
      return text("a size ", range_text(option),
                  ", in bytes or with the suffix KiB, MiB, GiB or TiB");
    case OptionKind::kInterval:
      return text("an interval ", range_text(option), ", with the unit ms or s");
    default: return text("a whole number ", range_text(option), " ", option.unit);
  }
}

}  // namespace

const Option* find_option(std::string_view key) {
  for (const Option& option : all_options()) {
    if (option.key == key) return &option;
  }
  return nullptr;
}

std::string_view nearest_name(std::string_view mistyped, std::span<const std::string_view> names) {
  // Longer text is unlikely to be a misspelling. The limit also bounds the work.
  if (mistyped.size() > 64) return {};
  std::string_view nearest;
  std::size_t nearest_distance = std::min<std::size_t>(3, mistyped.size() / 3) + 1;
  for (const std::string_view name : names) {
    const std::size_t distance = edit_distance(mistyped, name);
    if (distance >= nearest_distance) continue;
    nearest = name;
    nearest_distance = distance;
  }
  return nearest;
}

const Option* nearest_option(std::string_view key) {
  std::vector<std::string_view> keys;
  for (const Option& option : all_options()) keys.push_back(option.key);
  return find_option(nearest_name(key, keys));
}

bool is_secret(const Option& option) {
  return option.kind == OptionKind::kSecret || option.kind == OptionKind::kUri;
}

bool is_flag(const Option& option) { return option.kind != OptionKind::kSecret; }

std::string accepted_text(const Option& option) {
  if (option.kind == OptionKind::kChoice) {
    return text(option.choices[0], " or ", option.choices[1]);
  }
  if (!option.accepted.empty()) return std::string(option.accepted);
  return option.word.empty() ? number_text(option)
                             : text(option.word, ", or ", number_text(option));
}

std::string_view default_text(const Option& option) {
  if (!option.default_words.empty()) return option.default_words;
  return option.default_text.empty() ? "none" : option.default_text;
}

std::string plugin_option_name(const Option& option) {
  return text(kPluginOptionPrefix, option.key);
}

std::string environment_name(const Option& option) {
  std::string name(kEnvironmentPrefix);
  for (const char c : option.key) {
    name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::string flag_name(const Option& option) {
  std::string name = text("--", option.key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace mongo_store::config
