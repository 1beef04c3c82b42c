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
  kSecret,        // a text that is never printed
  kUri,           // a MongoDB URI or a list of hosts; may hold a password: never printed
  kFile,          // a file that `check` reads
  kSecretFile,    // a file that holds the value of another option
  kFolder,        // an absolute path
  kInteger,       // a whole number
  kMilliseconds,  // a whole number; the key names the unit
  kSize,          // a whole number of bytes, or one with KiB, MiB, GiB or TiB
  kInterval,      // a whole number with ms or s
  kChoice,        // one of `choices`
};

// The member of Config that an option sets.
using Field =
    std::variant<std::string Config::*, std::vector<std::string> Config::*, std::uint64_t Config::*,
                 std::int64_t Config::*, bool Config::*, DeviceUid Config::*, NumberType Config::*>;

// Says what is wrong with a text, as the rest of a sentence that begins with it; empty: nothing.
using TextCheck = std::string (*)(std::string_view text);

struct Option {
  std::string_view key;  // as behind plugin_opt_
  std::string_view group;
  OptionKind kind;
  Field field;
  std::string_view default_text;     // in the form in which it would be given; empty: none
  std::string_view default_words{};  // where default_text can't say it
  std::uint64_t min = 0;             // numbers: lowest and highest; texts: most bytes
  std::uint64_t max = 0;
  std::string_view unit{};
  std::string_view word{};        // accepted beside a number; stands for 0
  std::string_view choices[2]{};  // kChoice: in the order of the enumeration
  std::string_view accepted{};    // of a text; of the others it follows from the above
  TextCheck check = nullptr;
  std::string_view help;           // what it does
  std::string_view consequence{};  // what else follows from it
};

// All options, in the order in which documents list them. Static storage.
std::span<const Option> all_options();

// Null where there is no such key.
const Option* find_option(std::string_view key);
// The known key that a mistyped one is closest to; null where none is close.
const Option* nearest_option(std::string_view key);
// The one of the names that a mistyped one is closest to; empty where none is close.
std::string_view nearest_name(std::string_view mistyped, std::span<const std::string_view> names);

bool is_secret(const Option& option);
// Whether a command line may take it: a password there would stand in the process list.
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
