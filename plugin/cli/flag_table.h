// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.h"

namespace mongo_store::cli {

// A flag of the program: an option of the plugin's under the same name, or one of our own.
struct Flag {
  int key;                                 // argp's
  std::string name;                        // without the dashes
  std::string value_name;                  // empty: it takes no value
  std::string help;                        // one sentence
  const config::Option* option = nullptr;  // null: our own
  bool is_switch = false;                  // its value is off or on, and is on where none is given
};

inline constexpr std::string_view kSwitchedOn = "on";

inline constexpr std::string_view kConfigFlag = "config";
inline constexpr std::string_view kLimitFlag = "limit";
inline constexpr std::string_view kDeadLettersFlag = "dead-letters";
inline constexpr std::string_view kJsonFlag = "json";
inline constexpr std::string_view kMessageIdsFlag = "message-ids";
inline constexpr std::string_view kAllFlag = "all";
inline constexpr std::string_view kGiveUpAfterFlag = "give-up-after";
inline constexpr std::string_view kReasonFlag = "reason";
inline constexpr std::string_view kIdFlag = "id";
inline constexpr std::string_view kHelpFlag = "help";
inline constexpr std::string_view kVersionFlag = "version";

// All flags; help sorts them by name. Parsing and help come from it. A password is no
// flag: it would stand in the process list.
std::vector<Flag> make_flag_table();

}  // namespace mongo_store::cli
