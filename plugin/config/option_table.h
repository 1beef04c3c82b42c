// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.h"

namespace mongo_store::config {

enum class OptionKind : std::uint8_t {
  kText,
  kTextList,      // separated by blanks
  kSecret,        // text that is never printed
  kUri,           // a MongoDB URI or a list of hosts; may contain a password: never printed
  kFile,          // a file that `check` reads
  kSecretFile,    // a file that contains the value of another option
  kFolder,        // an absolute path
  kInteger,       // a whole number
  kMilliseconds,  // a whole number; the key names the unit
  kSize,          // a whole number of bytes, or one followed by KiB, MiB, GiB or TiB
  kInterval,      // a whole number followed by ms or s
  kChoice,        // one of `choices`
};

// The member of Config that an option sets.
using Field =
    std::variant<std::string Config::*, std::vector<std::string> Config::*, std::uint64_t Config::*,
                 std::int64_t Config::*, bool Config::*, DeviceUid Config::*, NumberType Config::*>;

// Returns the reason why a value is invalid, as the rest of a sentence that begins with the value;
// empty if it is valid.
using TextCheck = std::string (*)(std::string_view text);

struct Option {
  std::string_view key;  // without plugin_opt_
  std::string_view group;
  OptionKind kind;
  Field field;
  std::string_view default_text;     // as a user would write it; empty: none
  std::string_view default_words{};  // describes a default that is computed
  std::uint64_t min = 0;             // bounds of a number; for text, max is its size in bytes
  std::uint64_t max = 0;
  std::string_view unit{};
  std::string_view word{};        // accepted instead of a number; means 0
  std::string_view choices[2]{};  // kChoice: in the order of the enumeration
  std::string_view accepted{};    // for text; derived from the above for other kinds
  TextCheck check = nullptr;
  std::string_view help;           // what it does
  std::string_view consequence{};  // side effects, limits and advice
};

// All options, in the order of the documents. Static storage.
std::span<const Option> all_options();

// Null if the key is unknown.
const Option* find_option(std::string_view key);
// The option whose key is most similar to a mistyped one; null if none is similar.
const Option* nearest_option(std::string_view key);
// The name most similar to a mistyped one; empty if none is similar.
std::string_view nearest_name(std::string_view mistyped, std::span<const std::string_view> names);

bool is_secret(const Option& option);
// Whether the command line accepts it. A password there would show in the process list.
bool is_flag(const Option& option);

// What is accepted, in words: "a whole number from 1 to 16".
std::string accepted_text(const Option& option);
// The default in words: "none", "majority", "the host name".
std::string_view default_text(const Option& option);

std::string plugin_option_name(const Option& option);  // plugin_opt_mongo_uri
std::string environment_name(const Option& option);    // MONGO_STORE_MONGO_URI
std::string flag_name(const Option& option);           // --mongo-uri

inline constexpr std::string_view kPluginOptionPrefix = "plugin_opt_";
inline constexpr std::string_view kEnvironmentPrefix = "MONGO_STORE_";

}  // namespace mongo_store::config
