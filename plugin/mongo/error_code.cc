// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/error_code.h"

namespace mongo_store::mongo {
namespace {

struct KnownCode {
  std::int32_t code;
  ErrorMeaning meaning;
};

// Names as in MongoDB's src/mongo/base/error_codes.yml.
constexpr KnownCode kKnownCodes[] = {
    {11000, ErrorMeaning::kDuplicateKey},  // DuplicateKey
    {11001, ErrorMeaning::kDuplicateKey},  // the same, of an update on an old server

    {2, ErrorMeaning::kDocumentAtFault},      // BadValue
    {14, ErrorMeaning::kDocumentAtFault},     // TypeMismatch
    {15, ErrorMeaning::kDocumentAtFault},     // Overflow: too many levels
    {22, ErrorMeaning::kDocumentAtFault},     // InvalidBSON
    {52, ErrorMeaning::kDocumentAtFault},     // DollarPrefixedFieldName
    {53, ErrorMeaning::kDocumentAtFault},     // InvalidIdField
    {54, ErrorMeaning::kDocumentAtFault},     // NotSingleValueField
    {55, ErrorMeaning::kDocumentAtFault},     // InvalidDBRef
    {56, ErrorMeaning::kDocumentAtFault},     // EmptyFieldName
    {57, ErrorMeaning::kDocumentAtFault},     // DottedFieldName
    {61, ErrorMeaning::kDocumentAtFault},     // ShardKeyNotFound: the document lacks it
    {66, ErrorMeaning::kDocumentAtFault},     // ImmutableField
    {121, ErrorMeaning::kDocumentAtFault},    // DocumentValidationFailure
    {171, ErrorMeaning::kDocumentAtFault},    // CannotIndexParallelArrays
    {10334, ErrorMeaning::kDocumentAtFault},  // BSONObjectTooLarge
    {16755, ErrorMeaning::kDocumentAtFault},  // a geospatial index can't take the value
    {17280, ErrorMeaning::kDocumentAtFault},  // KeyTooLong: an index of a server before 4.2

    {6, ErrorMeaning::kServerState},      // HostUnreachable
    {7, ErrorMeaning::kServerState},      // HostNotFound
    {24, ErrorMeaning::kServerState},     // LockTimeout
    {46, ErrorMeaning::kServerState},     // LockBusy
    {50, ErrorMeaning::kServerState},     // MaxTimeMSExpired
    {64, ErrorMeaning::kServerState},     // WriteConcernFailed
    {82, ErrorMeaning::kServerState},     // NoProgressMade: mongos, of all that is left of a batch
    {89, ErrorMeaning::kServerState},     // NetworkTimeout
    {91, ErrorMeaning::kServerState},     // ShutdownInProgress
    {112, ErrorMeaning::kServerState},    // WriteConflict
    {133, ErrorMeaning::kServerState},    // FailedToSatisfyReadPreference
    {189, ErrorMeaning::kServerState},    // PrimarySteppedDown
    {202, ErrorMeaning::kServerState},    // NetworkInterfaceExceededTimeLimit
    {262, ErrorMeaning::kServerState},    // ExceededTimeLimit
    {365, ErrorMeaning::kServerState},    // TemporarilyUnavailable
    {391, ErrorMeaning::kServerState},    // ReauthenticationRequired
    {9001, ErrorMeaning::kServerState},   // SocketException
    {10058, ErrorMeaning::kServerState},  // LegacyNotPrimary
    {10107, ErrorMeaning::kServerState},  // NotWritablePrimary
    {11600, ErrorMeaning::kServerState},  // InterruptedAtShutdown
    {11601, ErrorMeaning::kServerState},  // Interrupted
    {11602, ErrorMeaning::kServerState},  // InterruptedDueToReplStateChange
    {13388, ErrorMeaning::kServerState},  // StaleConfig
    {13435, ErrorMeaning::kServerState},  // NotPrimaryNoSecondaryOk
    {13436, ErrorMeaning::kServerState},  // NotPrimaryOrSecondary
    {14031, ErrorMeaning::kServerState},  // OutOfDiskSpace

    {11, ErrorMeaning::kNeedsPerson},    // UserNotFound
    {13, ErrorMeaning::kNeedsPerson},    // Unauthorized
    {18, ErrorMeaning::kNeedsPerson},    // AuthenticationFailed
    {31, ErrorMeaning::kNeedsPerson},    // RoleNotFound
    {73, ErrorMeaning::kNeedsPerson},    // InvalidNamespace
    {166, ErrorMeaning::kNeedsPerson},   // CommandNotSupportedOnView
    {8000, ErrorMeaning::kNeedsPerson},  // AtlasError: rights or credentials, in Atlas
};

}  // namespace

ErrorMeaning meaning_of(std::int32_t server_code) {
  for (const KnownCode& known : kKnownCodes) {
    if (known.code == server_code) return known.meaning;
  }
  return ErrorMeaning::kUnclear;
}

}  // namespace mongo_store::mongo
