// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/error_codes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

// https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
constexpr std::pair<std::int32_t, std::string_view> kNames[] = {
    {2, "BadValue"},
    {6, "HostUnreachable"},
    {7, "HostNotFound"},
    {13, "Unauthorized"},
    {14, "TypeMismatch"},
    {18, "AuthenticationFailed"},
    {50, "MaxTimeMSExpired"},
    {64, "WriteConcernFailed"},
    {79, "UnknownReplWriteConcern"},
    {89, "NetworkTimeout"},
    {91, "ShutdownInProgress"},
    {93, "InvalidReplicaSetConfig"},
    {100, "UnsatisfiableWriteConcern"},
    {112, "WriteConflict"},
    {121, "DocumentValidationFailure"},
    {125, "CommandFailed"},
    {148, "ReadConcernMajorityNotEnabled"},
    {189, "PrimarySteppedDown"},
    {225, "TransactionTooOld"},
    {262, "ExceededTimeLimit"},
    {391, "ReauthenticationRequired"},
    {462, "IngressRequestRateLimitExceeded"},
    {8000, "AtlasError"},
    {9001, "SocketException"},
    {10058, "LegacyNotPrimary"},
    {10107, "NotWritablePrimary"},
    {10334, "BSONObjectTooLarge"},
    {11000, "DuplicateKey"},
    {11600, "InterruptedAtShutdown"},
    {11602, "InterruptedDueToReplStateChange"},
    {13435, "NotPrimaryNoSecondaryOk"},
    {13436, "NotPrimaryOrSecondary"},
    {14031, "OutOfDiskSpace"},
};

constexpr std::int32_t kRetryable[] = {6,    7,     89,    91,    189,   262,
                                       9001, 10107, 11600, 11602, 13435, 13436};

}  // namespace

std::string_view code_name(std::int32_t code) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const auto& known) { return known.first == code; });
  return found == std::end(kNames) ? "Location" : found->second;
}

bool is_retryable_write_code(std::int32_t code) {
  return std::find(std::begin(kRetryable), std::end(kRetryable), code) != std::end(kRetryable);
}

void append_error(bson_t* reply, std::int32_t code, std::string_view name,
                  std::string_view message) {
  BSON_APPEND_DOUBLE(reply, "ok", 0.0);
  append_text(reply, "errmsg", message);
  BSON_APPEND_INT32(reply, "code", code);
  append_text(reply, "codeName", name);
}

void append_retryable_label(bson_t* reply) {
  ArrayWriter labels(reply, "errorLabels");
  labels.add_text("RetryableWriteError");
  labels.end();
}

}  // namespace mongo_store::scripted
