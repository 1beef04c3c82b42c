// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/option_table.h"

namespace mongo_store::config {

// Sets the option's member of Config from a text without the blanks around it. Returns what is
// wrong with the text, as the rest of a sentence without any part of a secret, and leaves Config as
// it was; empty: nothing is wrong.
std::string set_value(const Option& option, std::string_view text, Config& config);

// The same, but blanks around a text count: a password read from a file may have them.
std::string set_exact_value(const Option& option, std::string_view text, Config& config);

// In a form in which it could be given; a secret in full: summary.h hides it.
std::string value_text(const Option& option, const Config& config);

}  // namespace mongo_store::config
