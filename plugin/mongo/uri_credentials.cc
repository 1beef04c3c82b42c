// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/uri_credentials.h"

#include <string_view>

#include "base/text.h"

namespace mongo_store::mongo {
namespace {

std::string_view or_empty(const char* value) { return value == nullptr ? "" : value; }

bool disagree(std::string_view in_uri, std::string_view option) {
  return !in_uri.empty() && !option.empty() && in_uri != option;
}

Status refuse_different(std::string_view key) {
  return Status::refuse(
      text(key, " differs from the one in mongo_uri; accepted: one of them, or both the same"));
}

// The other mechanisms need no password, or have their own auth source.
bool is_scram(const mongoc_uri_t* uri) {
  const std::string_view mechanism = or_empty(mongoc_uri_get_auth_mechanism(uri));
  return mechanism.empty() || mechanism.starts_with("SCRAM-");
}

// Null if the URI names none. mongoc_uri_get_auth_source() would invent one.
const char* auth_source_in(const mongoc_uri_t* uri) {
  bson_iter_t at;
  const bson_t* credentials = mongoc_uri_get_credentials(uri);
  const bool is_there = bson_iter_init_find_case(&at, credentials, MONGOC_URI_AUTHSOURCE);
  return is_there && BSON_ITER_HOLDS_UTF8(&at) ? bson_iter_utf8(&at, nullptr) : nullptr;
}

Status merge_auth_source(mongoc_uri_t* uri, const ConnectionOptions& options) {
  const std::string_view in_uri = or_empty(auth_source_in(uri));
  if (disagree(in_uri, options.auth_source)) return refuse_different("mongo_auth_source");
  if (!in_uri.empty()) return Status();
  const bool is_named = !options.auth_source.empty();
  const char* database_in_uri = mongoc_uri_get_database(uri);
  if (!is_named && (database_in_uri != nullptr || !is_scram(uri))) return Status();
  const std::string& source = is_named ? options.auth_source : options.database;
  if (!source.empty() && !mongoc_uri_set_auth_source(uri, source.c_str())) {
    return Status::refuse("mongo_auth_source is not UTF-8; accepted: the name of a database");
  }
  return Status();
}

}  // namespace

Status merge_credentials(mongoc_uri_t* uri, const ConnectionOptions& options) {
  const std::string_view user = or_empty(mongoc_uri_get_username(uri));
  if (disagree(user, options.user)) return refuse_different("mongo_user");
  if (disagree(or_empty(mongoc_uri_get_password(uri)), options.password)) {
    return refuse_different("mongo_password");
  }
  if (user.empty() && options.user.empty()) {
    return options.password.empty()
               ? Status()
               : Status::refuse("mongo_password is given and mongo_user isn't; accepted: both");
  }
  if (!options.user.empty() && !mongoc_uri_set_username(uri, options.user.c_str())) {
    return Status::refuse("mongo_user is not UTF-8");
  }
  if (!options.password.empty() && !mongoc_uri_set_password(uri, options.password.c_str())) {
    return Status::refuse("mongo_password is not UTF-8 (not shown)");
  }
  if (is_scram(uri) && or_empty(mongoc_uri_get_password(uri)).empty()) {
    return Status::refuse(
        "a MongoDB user is given without a password; accepted: "
        "mongo_password_file, MONGO_STORE_MONGO_PASSWORD, or one in mongo_uri");
  }
  return merge_auth_source(uri, options);
}

}  // namespace mongo_store::mongo
