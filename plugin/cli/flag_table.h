// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.h"

namespace mongo_store::cli {

// A flag of the program: an option of the plugin under the same name, or a flag of this program
// only.
struct Flag {
  int key;                                 // argp's
  std::string name;                        // without the dashes
  std::string value_name;                  // empty: it accepts no value
  std::string help;                        // one sentence
  const config::Option* option = nullptr;  // null: a flag of this program only
  bool is_switch = false;                  // its value is off or on, and on if none is given
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

// All flags, for parsing and help, which sorts them by name. There is no flag for a password: the
// process list would show it.
std::vector<Flag> make_flag_table();

}  // namespace mongo_store::cli
