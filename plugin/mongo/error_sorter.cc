// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/error_sorter.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mongo/error_code.h"

namespace mongo_store::mongo {
namespace {

using delivery::InsertOutcome;
using delivery::RefusalKind;

constexpr std::size_t kMessageBytesMax = 300;
constexpr std::int64_t kRetryAfterMsMax = 60'000;
constexpr std::string_view kInsert = "insert";
// Part of a server's message: "E11000 duplicate key error collection: d.c index: _id_ dup key: {
// ... }".
constexpr std::string_view kIndex = " index: ";
constexpr std::string_view kIdIndex = "_id_ ";

struct ServerError {
  std::int64_t index = -1;
  std::int32_t code = 0;
  std::string message;
};

std::int32_t int32_at(const bson_iter_t& document, const char* key) {
  bson_iter_t at;
  bson_iter_t within = document;
  if (!bson_iter_recurse(&within, &at) || !bson_iter_find(&at, key)) return 0;
  return static_cast<std::int32_t>(bson_iter_as_int64(&at));
}

std::string message_at(const bson_iter_t& document) {
  bson_iter_t at;
  if (!bson_iter_recurse(&document, &at) || !bson_iter_find(&at, "errmsg") ||
      !BSON_ITER_HOLDS_UTF8(&at)) {
    return "no message";
  }
  std::uint32_t length = 0;
  const char* message = bson_iter_utf8(&at, &length);
  return escaped({message, length}, kMessageBytesMax);
}

std::int64_t index_at(const bson_iter_t& document) {
  bson_iter_t at;
  if (!bson_iter_recurse(&document, &at) || !bson_iter_find(&at, "index")) return -1;
  return BSON_ITER_HOLDS_NUMBER(&at) ? bson_iter_as_int64(&at) : -1;
}

std::vector<ServerError> errors_in(const bson_t& reply, const char* list) {
  std::vector<ServerError> errors;
  bson_iter_t at;
  bson_iter_t item;
  if (!bson_iter_init_find(&at, &reply, list) || !BSON_ITER_HOLDS_ARRAY(&at) ||
      !bson_iter_recurse(&at, &item)) {
    return errors;
  }
  while (bson_iter_next(&item)) {
    if (!BSON_ITER_HOLDS_DOCUMENT(&item)) continue;
    errors.push_back({index_at(item), int32_at(item, "code"), message_at(item)});
  }
  return errors;
}

std::int64_t inserted_count(const bson_t& reply) {
  bson_iter_t at;
  return bson_iter_init_find(&at, &reply, "insertedCount") ? bson_iter_as_int64(&at) : 0;
}

std::string described(const ServerError& error) {
  return text(error.message, " (code ", error.code, ")");
}

// Servers add labels to some errors. "SystemOverloadedError" is from MongoDB's specification of
// client backpressure.
bool has_label(const bson_t& reply, std::string_view label) {
  bson_iter_t at;
  bson_iter_t item;
  if (!bson_iter_init_find(&at, &reply, "errorLabels") || !BSON_ITER_HOLDS_ARRAY(&at) ||
      !bson_iter_recurse(&at, &item)) {
    return false;
  }
  while (bson_iter_next(&item)) {
    if (BSON_ITER_HOLDS_UTF8(&item) && label == bson_iter_utf8(&item, nullptr)) return true;
  }
  return false;
}

// From "Error=16500, RetryAfterMs=34, ..."; 0 if it isn't there.
std::int64_t retry_after_ms(std::string_view message) {
  constexpr std::string_view kName = "RetryAfterMs=";
  const std::size_t at = message.find(kName);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = message.substr(at + kName.size());
  std::int64_t ms = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), ms);
  return std::clamp<std::int64_t>(ms, 0, kRetryAfterMsMax);
}

RefusalKind kind_of(ErrorMeaning meaning) {
  if (meaning == ErrorMeaning::kDuplicateKey) return RefusalKind::kDuplicateKey;
  if (meaning == ErrorMeaning::kDocumentAtFault) return RefusalKind::kDocumentAtFault;
  if (meaning == ErrorMeaning::kLater) return RefusalKind::kLater;
  return RefusalKind::kUnclear;
}

// Errors that came for single documents but aren't about them delay the whole batch.
std::optional<Status> batch_status(const std::vector<ServerError>& errors) {
  for (const ServerError& error : errors) {
    const ErrorMeaning meaning = meaning_of(error.code);
    if (meaning == ErrorMeaning::kNeedsPerson) {
      return Status::refuse(text(kInsert, ": refused: ", described(error)));
    }
    if (meaning == ErrorMeaning::kServerState) {
      return Status::retry(text(kInsert, ": ", described(error)));
    }
  }
  return std::nullopt;
}

// The index's name is followed by a key, which may contain anything that a device sent.
bool is_on_id(std::string_view message) {
  const std::size_t at = message.find(kIndex);
  return at != std::string_view::npos && message.substr(at + kIndex.size()).starts_with(kIdIndex);
}

InsertOutcome sort_documents(std::vector<ServerError> errors, std::int64_t inserted,
                             std::size_t documents_count, bool is_overloaded) {
  if (std::optional<Status> status = batch_status(errors)) return {*std::move(status), {}};
  InsertOutcome outcome;
  std::vector<bool> is_named(documents_count);
  for (ServerError& error : errors) {
    if (error.index < 0 || error.index >= static_cast<std::int64_t>(documents_count)) {
      return {Status::retry("insert: the server's answer names a document that wasn't sent"), {}};
    }
    const auto index = static_cast<std::size_t>(error.index);
    if (is_named[index]) continue;
    is_named[index] = true;
    RefusalKind kind = kind_of(meaning_of(error.code));
    if (kind == RefusalKind::kUnclear && is_overloaded) kind = RefusalKind::kLater;
    if (kind == RefusalKind::kLater) {
      outcome.retry_after_ms = std::max(outcome.retry_after_ms, retry_after_ms(error.message));
    }
    const bool is_duplicate = kind == RefusalKind::kDuplicateKey;
    const bool is_index_named = is_duplicate && error.message.find(kIndex) != std::string::npos;
    const bool is_ids = is_duplicate && is_on_id(error.message);
    outcome.refusals.push_back(
        {index, kind, error.code, std::move(error.message), is_index_named, is_ids});
  }
  if (inserted + static_cast<std::int64_t>(outcome.refusals.size()) !=
      static_cast<std::int64_t>(documents_count)) {
    return {Status::retry(text("insert: the server's answer accounts for ", inserted,
                               " documents stored and ", outcome.refusals.size(), " refused of ",
                               documents_count)),
            {}};
  }
  return outcome;
}

// With error API 2 the driver's own failures have a separate domain, and the first refused
// document's code represents the whole call.
bool is_about_documents(const bson_error_t& error) {
  return error.code == 0 || error.domain == MONGOC_ERROR_SERVER;
}

bool is_in(const bson_error_t& error, std::uint32_t domain, std::uint32_t code) {
  return error.domain == domain && error.code == code;
}

struct Advice {
  std::string_view said;
  std::string_view advice;
};

constexpr std::string_view kAdviceOnClosing =
    "; if the server closes connections at once, it may require TLS (mongo_tls_ca_file) or a "
    "certificate that it trusts (mongo_tls_certificate_key_file)";
constexpr std::string_view kAdviceOnAuthority =
    "; the server's certificate isn't signed by an authority that is trusted here: check "
    "mongo_tls_ca_file, and the server's certificate";
constexpr std::string_view kAdviceOnSilence =
    "; no answer: a firewall, a hanging server, or only one side uses TLS (mongo_tls_ca_file, tls "
    "in mongo_uri)";

// By the words of the driver and OpenSSL, because there are no codes for them. The first match
// counts.
constexpr Advice kAdviceOnConnecting[] = {
    {"ailed to resolve", "; check the host name in mongo_uri, and this machine's DNS"},
    {"ailed to look up", "; check the name in mongo_uri, and this machine's DNS"},
    {"mismatch",
     "; the server's certificate is for another host: name it in mongo_uri as the certificate "
     "does, "
     "or have that name added to the certificate (subjectAltName)"},
    {"certificate has expired", "; check the server's certificate, and this machine's clock"},
    {"certificate is not yet valid", "; check the server's certificate, and this machine's clock"},
    {"local issuer certificate", kAdviceOnAuthority},
    {"self-signed", kAdviceOnAuthority},
    {"self signed", kAdviceOnAuthority},
    {"TLS handshake failed",
     "; check mongo_tls_ca_file, and the server's certificate; or only one side uses TLS"},
    {"initialize TLS state",
     "; check that the files of mongo_tls_ca_file and mongo_tls_certificate_key_file, or of "
     "mongo_uri, are PEM"},
    {"onnection refused",
     "; nothing is listening there: check the host and port in mongo_uri, and that MongoDB is "
     "running"},
    {"socket error or timeout", kAdviceOnClosing},
    {"losed connection", kAdviceOnClosing},
    {"length header", kAdviceOnClosing},
    {"timeout calling", kAdviceOnSilence},
    {"handshake timed out", kAdviceOnSilence},
    {"[", ""},
    // The driver's message doesn't name servers that haven't answered yet, servers of another set,
    // or secondaries.
    {"No suitable servers",
     "; no server answered in time (a firewall, a hanging server, or only one side uses TLS), or "
     "no server that answered is the primary of the set (replicaSet in mongo_uri)"},
};

std::string_view advice_on_connecting(std::string_view said) {
  for (const Advice& known : kAdviceOnConnecting) {
    if (said.find(known.said) != std::string_view::npos) return known.advice;
  }
  return "";
}

std::string_view advice_on_rights(std::string_view said) {
  return said.find("requires authentication") != std::string_view::npos
             ? "; mongo_user is not set, but the server requires a user: set mongo_user and "
               "mongo_password_file"
             : "; give the user the role readWrite on that database";
}

bool is_on_the_way(const bson_error_t& error) {
  return error.domain == MONGOC_ERROR_SERVER_SELECTION ||
         is_in(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_NAME_RESOLUTION);
}

std::string_view advice_for(const bson_error_t& error) {
  if (is_authentication_failure(error)) {
    return "; check mongo_user, its password, and mongo_auth_source (the database in which the "
           "user was created)";
  }
  if (error.code == 13) return advice_on_rights(error.message);
  return is_on_the_way(error) ? advice_on_connecting(error.message) : "";
}

bool needs_person(const bson_error_t& error) {
  return is_authentication_failure(error) ||
         is_in(error, MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION) ||
         (error.domain == MONGOC_ERROR_SERVER &&
          meaning_of(static_cast<std::int32_t>(error.code)) == ErrorMeaning::kNeedsPerson);
}

// Tried again whatever its labels are. A server that says it is overloaded is sent
// less.
InsertOutcome whole_failure(const bson_error_t& error, bool is_overloaded) {
  InsertOutcome outcome{sort_command(error, kInsert), {}};
  outcome.is_throttled =
      is_overloaded || (error.domain == MONGOC_ERROR_SERVER &&
                        meaning_of(static_cast<std::int32_t>(error.code)) == ErrorMeaning::kLater);
  if (outcome.is_throttled) outcome.retry_after_ms = retry_after_ms(error.message);
  return outcome;
}

}  // namespace

InsertOutcome sort_insert(bool is_ok, const bson_error_t& error, const bson_t& reply,
                          std::size_t documents_count) {
  const std::vector<ServerError> unconfirmed = errors_in(reply, "writeConcernErrors");
  if (!unconfirmed.empty()) {
    return {Status::retry(text("insert: written, but not confirmed by write_concern: ",
                               described(unconfirmed.front()))),
            {}};
  }
  std::vector<ServerError> refused = errors_in(reply, "writeErrors");
  const bool is_overloaded = has_label(reply, "SystemOverloadedError");
  const bool is_whole = !is_ok && (refused.empty() || !is_about_documents(error));
  if (is_whole) return whole_failure(error, is_overloaded);
  return sort_documents(std::move(refused), inserted_count(reply), documents_count, is_overloaded);
}

Status sort_command(const bson_error_t& error, std::string_view tried) {
  if (error.code == 0) return Status::retry(text(tried, ": failed without a reason"));
  std::string message = text(tried, ": ", escaped(error.message, kMessageBytesMax), " (code ",
                             error.code, ")", advice_for(error));
  return needs_person(error) ? Status::refuse(std::move(message))
                             : Status::retry(std::move(message));
}

bool is_connection_failure(const bson_error_t& error) {
  return is_in(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET);
}

bool is_authentication_failure(const bson_error_t& error) {
  return is_in(error, MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
         is_in(error, MONGOC_ERROR_SERVER, 18);
}

bool is_majority_read_refused(const bson_error_t& error) {
  constexpr std::uint32_t kReadConcernMajorityNotEnabled = 148;
  return is_in(error, MONGOC_ERROR_SERVER, kReadConcernMajorityNotEnabled);
}

Status sort_early(const Status& authentication_failure) {
  return Status::retry(
      text("login not accepted yet, as is normal while a new database has no users: ",
           authentication_failure.message()));
}

bool is_read_refused(const bson_error_t& error) {
  constexpr std::uint32_t kNoRight = 13;
  constexpr std::uint32_t kAtlasError = 8000;
  return is_in(error, MONGOC_ERROR_SERVER, kNoRight) ||
         is_in(error, MONGOC_ERROR_SERVER, kAtlasError);
}

bool is_unauthorized(const bson_error_t& error) {
  constexpr std::uint32_t kUnauthorized = 13;
  constexpr std::uint32_t kReauthenticationRequired = 391;
  return is_in(error, MONGOC_ERROR_SERVER, kUnauthorized) ||
         is_in(error, MONGOC_ERROR_SERVER, kReauthenticationRequired);
}

}  // namespace mongo_store::mongo
