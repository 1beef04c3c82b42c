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
# A broker for development that stores what its devices publish in MongoDB. Start it with
#   mosquitto -c mosquitto.conf
# Its second half is made from the plugin's own list of options; docs/configuration.md says more of
# each.

# Only clients on this machine, and they need not log in. Not for production.
listener 1883 127.0.0.1
allow_anonymous true

# What Mosquitto itself remembers over a restart: sessions, what is queued for subscribers, retained
# messages. The plugin does not need it: what it stores is in its own journal (journal_dir below).
#persistence true
#persistence_location /var/lib/mosquitto/

# A name without a folder is looked for where the system keeps its libraries. Each option of the
# plugin stands below this line, in this file, with exactly one blank before its value.
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
      line.assign(1, '#');  // GCC 12 warns, wrongly, of a literal assigned here (-Wrestrict)
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
