// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/flag_table.h"

#include <utility>

namespace mongo_store::cli {
namespace {

constexpr int kFirstKey = 0x100;  // lower numbers are characters, which would be short flags

// Which database to read, and how to log in.
constexpr std::string_view kReaderOptions[] = {
    "mongo_uri",
    "mongo_uri_file",
    "mongo_user",
    "mongo_password_file",
    "mongo_auth_source",
    "mongo_tls_ca_file",
    "mongo_tls_certificate_key_file",
    "database",
    "collection",
    "dead_letter_collection",
    "message_id",
};

// Other options that change the written documents, or how they are written.
constexpr std::string_view kWriterOptions[] = {
    "write_concern", "device_uid", "device_uid_level",  "number_type",
    "lenient",       "metadata",   "payload_max_bytes",
};

bool is_switch_option(const config::Option& option) {
  return option.kind == config::OptionKind::kChoice && option.choices[1] == kSwitchedOn;
}

std::string value_name(config::OptionKind kind) {
  switch (kind) {
    case config::OptionKind::kUri: return "URI";
    case config::OptionKind::kFile:
    case config::OptionKind::kSecretFile: return "FILE";
    case config::OptionKind::kChoice: return "WORD";
    case config::OptionKind::kInteger: return "N";
    case config::OptionKind::kSize: return "BYTES";
    default: return "NAME";
  }
}

Flag flag_of(const config::Option& option) {
  std::string help(option.help);
  const std::string_view by_default = config::default_text(option);
  if (by_default != "none") help.append(" Default: ").append(by_default).append(".");
  return {0,
          config::flag_name(option).substr(2),
          value_name(option.kind),
          std::move(help),
          &option,
          is_switch_option(option)};
}

}  // namespace

std::vector<Flag> make_flag_table() {
  std::vector<Flag> flags;
  for (const std::string_view key : kReaderOptions) {
    flags.push_back(flag_of(*config::find_option(key)));
  }
  for (const std::string_view key : kWriterOptions) {
    flags.push_back(flag_of(*config::find_option(key)));
  }
  flags.push_back(
      {0, std::string(kConfigFlag), "FILE",
       "Use the plugin's options in this mosquitto.conf and its include_dirs. Flags and "
       "the environment take precedence. Default: /etc/mosquitto/mosquitto.conf, unless "
       "a flag or the environment names the database."});
  flags.push_back({0, std::string(kLimitFlag), "N",
                   "last, dead-letters list: the number of documents. Default: 5."});
  flags.push_back(
      {0, std::string(kDeadLettersFlag), "",
       "count, first, last: use the dead-letter collection instead of the collection."});
  flags.push_back({0, std::string(kJsonFlag), "", "audit: print one JSON object."});
  flags.push_back({0, std::string(kMessageIdsFlag), "",
                   "audit: the brokers have option message_id, so a resend must not be a second "
                   "document. A ledger line with a message id implies the same."});
  flags.push_back({0, std::string(kAllFlag), "",
                   "journal dump: also show settled records whose segments still exist."});
  flags.push_back(
      {0, std::string(kGiveUpAfterFlag), "SECONDS",
       "journal deliver: stop if MongoDB accepts nothing for this long. Default: 120."});
  flags.push_back({0, std::string(kReasonFlag), "CODE",
                   "dead-letters: only those with this reason code, such as value_missing; "
                   "docs/documents.md lists all codes."});
  flags.push_back(
      {0, std::string(kIdFlag), "ID", "dead-letters: only the dead letter with this _id."});
  flags.push_back({0, std::string(kHelpFlag), "", "Print this and exit."});
  flags.push_back({0, std::string(kVersionFlag), "", "Print the version and exit."});
  int key = kFirstKey;
  for (Flag& flag : flags) flag.key = key++;
  return flags;
}

}  // namespace mongo_store::cli
