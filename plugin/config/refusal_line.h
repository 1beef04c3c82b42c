// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/option_table.h"

namespace mongo_store::config {

// Where a value came from, in order of increasing precedence.
enum class Source : std::uint8_t { kDefault, kMongoUri, kPluginOption, kEnvironment, kFlag };

// "plugin_opt_topics", "environment variable MONGO_STORE_TOPICS", "--topics", "topics (default)",
// "database in mongo_uri".
std::string source_label(Source source, const Option& option);

// `LABEL "VALUE" REASON; accepted: ...`. A secret's value is left out.
std::string refusal_line(std::string_view label, const Option& option, std::string_view value,
                         std::string_view reason);

// For a key that isn't in the table. Shows only the leading part that could be a key: text after a
// tab or an equals sign may be a secret.
std::string unknown_option_line(Source source, std::string_view key);
std::string unknown_variable_line(std::string_view name);

}  // namespace mongo_store::config
