// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/refusal_line.h"

#include "base/text.h"

namespace mongo_store::config {
namespace {

constexpr std::string_view kKeyCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
constexpr std::size_t kShownBytesMax = 64;

std::string shown_key(std::string_view key) {
  const std::string_view shown =
      key.substr(0, key.find_first_not_of(kKeyCharacters)).substr(0, kShownBytesMax);
  return text(shown, shown.size() < key.size() ? "..." : "");
}

std::string as_key(std::string_view name) {
  std::string key(name);
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return key;
}

std::string known_keys() {
  std::string keys;
  for (const Option& option : all_options()) keys += text(keys.empty() ? "" : ", ", option.key);
  return keys;
}

const Option* nearest_to(std::string_view key) {
  return nearest_option(as_key(key.substr(0, key.find_first_not_of(kKeyCharacters))));
}

}  // namespace

std::string source_label(Source source, const Option& option) {
  switch (source) {
    case Source::kPluginOption: return plugin_option_name(option);
    case Source::kEnvironment: return text("environment variable ", environment_name(option));
    case Source::kFlag: return flag_name(option);
    case Source::kMongoUri: return text(option.key, " in mongo_uri");
    case Source::kDefault: break;
  }
  return text(option.key, " (default)");
}

std::string refusal_line(std::string_view label, const Option& option, std::string_view value,
                         std::string_view reason) {
  const std::string shown =
      is_secret(option) ? "(value not shown)" : text("\"", escaped(value), "\"");
  return text(label, " ", shown, " ", reason, "; accepted: ", accepted_text(option));
}

std::string unknown_option_line(Source source, std::string_view key) {
  const bool is_flag = source == Source::kFlag;
  const std::string start = text(is_flag ? "--" : kPluginOptionPrefix, shown_key(key),
                                 " is not an option of this version");
  const Option* nearest = nearest_to(key);
  if (nearest == nullptr) return text(start, "; accepted: ", known_keys());
  return text(start, "; did you mean ", source_label(source, *nearest), "?");
}

std::string unknown_variable_line(std::string_view name) {
  const std::string_view key = name.substr(kEnvironmentPrefix.size());
  const std::string start = text("environment variable ", kEnvironmentPrefix, shown_key(key),
                                 " is not an option of this version and is ignored");
  const Option* nearest = nearest_to(key);
  return nearest == nullptr ? start
                            : text(start, "; did you mean ", environment_name(*nearest), "?");
}

}  // namespace mongo_store::config
