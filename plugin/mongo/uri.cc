// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/uri.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "mongo/driver.h"
#include "mongo/driver_log.h"
#include "mongo/uri_credentials.h"
#include "mongo/uri_fault.h"
#include "mongo/uri_write_concern.h"

namespace mongo_store::mongo {
namespace {

struct Timeout {
  const char* option;
  std::int32_t default_ms;
  std::int32_t min_ms;
};
// A call to a hung server ends after socketTimeoutMS. A pool is destroyed within
// serverSelectionTimeoutMS plus connectTimeoutMS.
constexpr Timeout kTimeouts[] = {
    {MONGOC_URI_CONNECTTIMEOUTMS, 5'000, 1},
    {MONGOC_URI_SOCKETTIMEOUTMS, 30'000, 1},
    {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 5'000, 1},
    {MONGOC_URI_HEARTBEATFREQUENCYMS, 5'000, 500},
};
constexpr std::int64_t kTimeoutMaxMs = 600'000;

std::string with_scheme(const std::string& uri) {
  return uri.find("://") == std::string::npos ? text("mongodb://", uri) : uri;
}

// The driver reads mongodb://u:pa@ss@host as host "ss", and u:12/ss@host as a database. Parts of a
// password would then appear as the name of either.
bool is_at_sign_in_place(std::string_view uri) {
  const std::size_t begin = uri.find("://") + 3;
  const std::size_t end = std::min(uri.find_first_of("/?", begin), uri.size());
  const auto authority = uri.substr(begin, end - begin);
  return std::ranges::count(authority, '@') <= 1 &&
         uri.substr(end).find('@') == std::string_view::npos;
}

// The name that is looked up for the hosts. The driver accepts none with fewer than three parts.
bool is_service_host_amiss(std::string_view uri) {
  if (!uri.starts_with("mongodb+srv://")) return false;
  const std::size_t begin = uri.find("://") + 3;
  std::string_view host = uri.substr(begin, uri.find_first_of("/?", begin) - begin);
  host.remove_prefix(host.rfind('@') + 1);
  return host.find_first_of(",:") != std::string_view::npos || std::ranges::count(host, '.') < 2;
}

Result<UriPtr> parse(const std::string& given) {
  const std::string uri = with_scheme(given);
  if (uri.find('\0') != std::string::npos || !is_at_sign_in_place(uri)) {
    return Status::refuse(
        "mongo_uri is malformed (not shown, it may hold a password): a misplaced '@'; accepted: "
        "one between the password and the hosts, and %XX for each of : / ? # [ ] @ % in user and "
        "password");
  }
  const MutedDriverLog driver_log;
  bson_error_t error = {};
  UriPtr parsed(mongoc_uri_new_with_error(uri.c_str(), &error));
  if (parsed == nullptr && is_service_host_amiss(uri)) {
    return Status::refuse(
        "mongo_uri has no host that mongodb+srv:// accepts (not shown, it may hold a password); "
        "accepted: one name of three parts or more and no port, such as cluster.example.com");
  }
  if (parsed == nullptr || !driver_log.first_complaint().empty()) return uri_fault(uri);
  return parsed;
}

Status merge_file(mongoc_uri_t* uri, const char* option, const std::string& path,
                  std::string_view key) {
  if (path.empty()) return Status();
  const char* in_uri = mongoc_uri_get_option_as_utf8(uri, option, nullptr);
  if ((in_uri != nullptr && path != in_uri) ||
      (mongoc_uri_has_option(uri, MONGOC_URI_TLS) && !mongoc_uri_get_tls(uri))) {
    return Status::refuse(
        text(key, " and mongo_uri disagree about TLS; accepted: one of them, or both the same"));
  }
  if (!mongoc_uri_set_option_as_utf8(uri, option, path.c_str()) ||
      !mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLS, true)) {
    return Status::refuse(
        text(key, " ", escaped(path, 1024), " is not a path that the driver accepts"));
  }
  return Status();
}

Status merge_tls(mongoc_uri_t* uri, const ConnectionOptions& options) {
  Status status = merge_file(uri, MONGOC_URI_TLSCAFILE, options.tls_ca_file, "mongo_tls_ca_file");
  if (!status.is_ok()) return status;
  return merge_file(uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, options.tls_certificate_key_file,
                    "mongo_tls_certificate_key_file");
}

Status set_timeouts(mongoc_uri_t* uri) {
  for (const Timeout& timeout : kTimeouts) {
    bson_iter_t at;
    if (!bson_iter_init_find_case(&at, mongoc_uri_get_options(uri), timeout.option)) {
      mongoc_uri_set_option_as_int32(uri, timeout.option, timeout.default_ms);
      continue;
    }
    const std::int64_t ms = bson_iter_as_int64(&at);
    if (ms < timeout.min_ms || ms > kTimeoutMaxMs) {
      return Status::refuse(text("mongo_uri: ", timeout.option, " is ", ms,
                                 "; accepted: ", timeout.min_ms, " to ", kTimeoutMaxMs));
    }
  }
  return Status();
}

// The journal sends unconfirmed documents again, so the driver's single retry is off. It would only
// double the time that a call to a hung server takes.
Status set_the_rest(mongoc_uri_t* uri, const ConnectionOptions& options) {
  if (!mongoc_uri_has_option(uri, MONGOC_URI_RETRYWRITES)) {
    mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
  }
  if (mongoc_uri_get_appname(uri) == nullptr && !options.app_name.empty()) {
    mongoc_uri_set_appname(uri, options.app_name.c_str());
  }
  // One more than needed, so that leasing a client never waits for one.
  mongoc_uri_set_option_as_int32(uri, MONGOC_URI_MAXPOOLSIZE,
                                 static_cast<std::int32_t>(options.sessions_max + 1));
  return Status();
}

}  // namespace

Result<UriPtr> make_uri(const ConnectionOptions& options) {
  start_driver();
  Result<UriPtr> parsed = parse(options.uri);
  if (!parsed.is_ok()) return parsed;
  mongoc_uri_t* uri = parsed.value().get();
  const MutedDriverLog driver_log;
  for (const auto step : {merge_credentials, merge_tls}) {
    Status status = step(uri, options);
    if (!status.is_ok()) return status;
  }
  Status status = set_timeouts(uri);
  if (!status.is_ok()) return status;
  for (const auto step : {set_write_concern, set_the_rest}) {
    status = step(uri, options);
    if (!status.is_ok()) return status;
  }
  return parsed;
}

std::string hosts_of(const mongoc_uri_t& uri) {
  if (const char* name = mongoc_uri_get_srv_hostname(&uri)) return name;
  std::string joined;
  for (const auto* host = mongoc_uri_get_hosts(&uri); host != nullptr; host = host->next) {
    if (!joined.empty()) joined += ',';
    joined += host->host_and_port;
  }
  return joined;
}

}  // namespace mongo_store::mongo
