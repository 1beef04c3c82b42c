// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/uri_fault.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/text.h"
#include "mongo/driver_log.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {
namespace {

constexpr std::string_view kAcceptedUri =
    "accepted: mongodb://[USER:PASSWORD@]HOST[:PORT][,...][/[DATABASE][?OPTION=VALUE&...]], or "
    "mongodb+srv:// likewise, with each of : / ? # [ ] @ % in user and password as %XX";
constexpr std::string_view kSecretOptions[] = {
    "authmechanismproperties", "sslclientcertificatekeypassword", "tlscertificatekeyfilepassword"};
constexpr std::size_t kReasonBytesMax = 200;

std::string lower_case(std::string_view mixed) {
  std::string lower(mixed);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

bool is_letter(unsigned char c) { return std::isalpha(c) != 0; }

// `query` is "" or "?NAME=VALUE&...". A name that isn't all letters is not an option's name and may
// be anything.
void append_options(std::string_view query, std::string& harmless) {
  while (!query.empty()) {
    harmless += query.front();
    query.remove_prefix(1);
    const std::string_view option = query.substr(0, query.find('&'));
    const std::string_view name = option.substr(0, option.find('='));
    if (std::ranges::find(kSecretOptions, lower_case(name)) != std::end(kSecretOptions)) return;
    harmless += std::ranges::all_of(name, is_letter) ? name : "not-shown";
    harmless += option.substr(name.size());
    query.remove_prefix(option.size());
  }
}

// The driver's complaint. Empty: none.
std::string complaint_of(const std::string& harmless) {
  const MutedDriverLog driver_log;
  bson_error_t error = {};
  const UriPtr parsed(mongoc_uri_new_with_error(harmless.c_str(), &error));
  std::string said = parsed == nullptr ? error.message : driver_log.first_complaint();
  while (said.ends_with('\n')) said.pop_back();
  std::ranges::replace(said, '"', '\'');  // which needs no escape
  return escaped(said, kReasonBytesMax);
}

std::string_view accepted_options(std::string_view complaint) {
  if (complaint.find("compressor") != std::string_view::npos) {
    return "accepted: compressors of zstd, snappy and zlib, separated by commas";
  }
  return "accepted: the options of MongoDB's connection string, each once and with a value of its "
         "kind";
}

}  // namespace

std::string without_secrets(std::string_view uri) {
  const std::size_t begin = std::min(uri.find("://"), uri.size() - 3) + 3;
  const std::size_t end = std::min(uri.find_first_of("/?", begin), uri.size());
  const std::string_view authority = uri.substr(begin, end - begin);
  std::string harmless(uri.substr(0, begin));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user_info = authority.substr(0, at);
    const std::size_t colon = user_info.find(':');
    if (colon != 0 && !user_info.empty()) harmless += "user";
    if (colon != std::string_view::npos) harmless += ":password";
    harmless += '@';
  }
  harmless += authority.substr(at == std::string_view::npos ? 0 : at + 1);
  const std::size_t query = std::min(uri.find('?', end), uri.size());
  harmless += uri.substr(end, query - end);
  append_options(uri.substr(query), harmless);
  return harmless;
}

Status uri_fault(std::string_view uri) {
  const std::string harmless = without_secrets(uri);
  const std::string complaint = complaint_of(harmless);
  if (complaint.empty()) {
    return Status::refuse(
        text("mongo_uri is malformed in its user, its password or a secret option (not shown); ",
             kAcceptedUri));
  }
  const bool is_in_options = complaint_of(harmless.substr(0, harmless.find('?'))).empty();
  if (!is_in_options) {
    // Newer drivers quote a host that they can't read. Without an '@' that text is user and
    // password.
    const bool is_quoting = complaint.find('\'') != std::string::npos;
    return Status::refuse(text("mongo_uri is malformed",
                               is_quoting ? " (not shown, it may hold a password)" : ": ",
                               is_quoting ? "" : complaint, "; ", kAcceptedUri));
  }
  return Status::refuse(
      text("mongo_uri: an option is wrong: ", complaint, "; ", accepted_options(complaint)));
}

}  // namespace mongo_store::mongo
