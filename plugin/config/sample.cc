// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/sample.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "config/option_table.h"

namespace mongo_store::config {
namespace {

constexpr std::size_t kColumns = 96;

constexpr std::string_view kBroker =
    R"(# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#
# A development broker that stores published messages in MongoDB. Start it with
#   mosquitto -c mosquitto.conf
# The plugin's options below are generated from its option table; docs/configuration.md describes
# them in detail.

# Accepts only clients on this machine, without a login. Not for production.
listener 1883 127.0.0.1
allow_anonymous true

# Lets Mosquitto keep sessions, queued messages and retained messages across restarts. The plugin
# does not need it: it has its own journal (journal_dir below).
#persistence true
#persistence_location /var/lib/mosquitto/

# A name without a folder is looked up in the system's library folders. Put the plugin's options
# below this line, in this file, with exactly one space before each value.
# per_listener_settings must stay false, its default.
plugin mosquitto_mongo_store.so
)";

void append_wrapped(std::string_view words, std::string& to) {
  std::string line = "#";
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (line.size() + 1 + word.size() > kColumns) {
      to += text(line, "\n");
      line.assign(1, '#');  // a literal here triggers a false -Wrestrict warning in GCC 12
    }
    line += text(" ", word);
  }
  to += text(line, "\n");
}

void append_commented(const Option& option, std::string& to) {
  to += '\n';
  append_wrapped(option.help, to);
  append_wrapped(
      text("Accepted: ", accepted_text(option), ". Default: ", default_text(option), "."), to);
  to += text("#", plugin_option_name(option), " ",
             option.default_text.empty() ? "..." : option.default_text, "\n");
}

}  // namespace

std::string sample_configuration() {
  std::string sample(kBroker);
  std::string_view group;
  for (const Option& option : all_options()) {
    if (option.group != group) sample += text("\n# --- ", option.group, " ---\n");
    group = option.group;
    append_commented(option, sample);
  }
  return sample;
}

}  // namespace mongo_store::config
