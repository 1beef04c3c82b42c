// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/option_table.h"

namespace mongo_store::config {

// Sets the option's member of Config from the text, without surrounding blanks. If the text is
// invalid, leaves Config unchanged and returns the reason, as the rest of a sentence without any
// part of a secret; otherwise returns an empty string.
std::string set_value(const Option& option, std::string_view text, Config& config);

// The same, but keeps surrounding blanks: a password read from a file may have them.
std::string set_exact_value(const Option& option, std::string_view text, Config& config);

// The value as a user would write it. Secrets are not hidden: summary() does that.
std::string value_text(const Option& option, const Config& config);

}  // namespace mongo_store::config
