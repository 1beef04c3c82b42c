// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/markdown.h"

#include <string_view>

#include "base/text.h"
#include "config/option_table.h"

namespace mongo_store::config {
namespace {

constexpr std::string_view kTitle =
    R"(<!--
SPDX-FileCopyrightText: mosquitto-mongo-store contributors
SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
Generated from plugin/config/option_table.cc. To change this file, edit that one and build the
target update-configuration-docs.
-->
# Configuration
)";

constexpr std::string_view kManualStart = R"(# NAME

mosquitto_mongo_store - Mosquitto plugin that stores published messages in MongoDB

# SYNOPSIS

    plugin mosquitto_mongo_store.so
    plugin_opt_OPTION VALUE

# DESCRIPTION

The plugin writes each message on the configured topics to a journal on disk before the broker
acknowledges it. It then stores the message in MongoDB exactly once, even if the database is slow or
unavailable.
)";

constexpr std::string_view kManualEnd = R"(
# SEE ALSO

mongo-store(1), device-sim(1), mosquitto(8), mosquitto.conf(5)
)";

constexpr std::string_view kIntroduction = R"(
## Where options go

Set the plugin's options in Mosquitto's configuration file, below the `plugin` line and in the same
file:

    listener 1883
    plugin /usr/lib/x86_64-linux-gnu/mosquitto_mongo_store.so
    plugin_opt_mongo_uri mongodb://db1:27017,db2:27017,db3:27017/?replicaSet=rs0
    plugin_opt_mongo_user mongogw
    plugin_opt_mongo_password_file /etc/mosquitto/mongo-store/password

- Put exactly one space between a key and its value: Mosquitto treats a tab as part of the key. The
  value is the rest of the line. Quotes and `#` are part of it; spaces around it are not.
- Options belong to the last `plugin` line above them in the same file. If you put the options in a
  separate file under `include_dir`, put the `plugin` line there too.
- `per_listener_settings true` makes the `plugin` line part of the listener above it; above the
  first listener, Mosquitto 2.0 gives the plugin nothing at all. Leave it `false`.
- Mosquitto reads the plugin's options once, at start. SIGHUP does not reload them.

Each option can also be set in the environment, as `MONGO_STORE_` followed by its name in capitals:
`MONGO_STORE_MONGO_URI`. **The environment overrides the file**, so a container needs no
configuration file of its own. An option and its `_file` form count as one option here:
`MONGO_STORE_MONGO_URI` also overrides `plugin_opt_mongo_uri_file`. `mongo-store`, the command-line
tool, accepts the options that it needs as flags (`--mongo-uri`; `mongo-store --help` lists them).
Flags override the environment. There is no flag for the password, because the process list would
show it.

## What is refused

The broker refuses to start if an option is unknown, repeated, malformed, out of range or empty. It
exits with one line in its log that names the option, its value and what is accepted:

    plugin_opt_delivery_threads "0" is out of range; accepted: a whole number from 1 to 16 threads

The value of `mongo_password` is never logged. For `mongo_uri`, the log may show a wrong URI option
and its value, but never the user, the password or another secret. An environment variable that
begins with `MONGO_STORE_` but names no option is ignored with a warning, because orchestrators
generate similar names.

Sizes are whole numbers of bytes, or whole numbers with the suffix `KiB`, `MiB`, `GiB` or `TiB`
(1024, 1024², ...): `4194304` and `4MiB` are the same. Other suffixes are refused.

At start, the plugin logs the options that differ from their defaults, with `***` for secrets.
)";

void append_overview(std::string& to) {
  to += "\n## All options\n\n| Option | Default | What it does |\n|---|---|---|\n";
  for (const Option& option : all_options()) {
    to += text("| [`", option.key, "`](#", option.key, ") | ", default_text(option), " | ",
               option.help, " |\n");
  }
}

// The default as it would be typed, or in words.
std::string default_cell(const Option& option) {
  const bool is_literal = option.default_words.empty() && !option.default_text.empty();
  const std::string_view quote = is_literal ? "`" : "";
  return text(quote, default_text(option), quote);
}

void append_option(const Option& option, std::string& to) {
  to += text("\n### ", option.key, "\n\n", option.help);
  if (!option.consequence.empty()) to += text(" ", option.consequence);
  to +=
      text("\n\n- Default: ", default_cell(option), "\n- Accepted: ", accepted_text(option), "\n");
  if (!option.unit.empty()) to += text("- Unit: ", option.unit, "\n");
  to += text("- Environment: `", environment_name(option), "`\n");
}

void append_options(std::string& to) {
  std::string_view group;
  for (const Option& option : all_options()) {
    if (option.group != group) to += text("\n## ", option.group, "\n");
    group = option.group;
    append_option(option, to);
  }
}

std::string with_headings_one_up(std::string_view document) {
  std::string raised;
  while (!document.empty()) {
    const std::string_view line = document.substr(0, document.find('\n') + 1);
    document.remove_prefix(line.size());
    raised += line.starts_with("##") ? line.substr(1) : line;
  }
  return raised;
}

}  // namespace

std::string markdown() {
  std::string document = text(kTitle, kIntroduction);
  append_overview(document);
  append_options(document);
  return document;
}

std::string manual() {
  std::string body(kIntroduction);
  append_options(body);
  return text(kManualStart, with_headings_one_up(body), kManualEnd);
}

}  // namespace mongo_store::config
