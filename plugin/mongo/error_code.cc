// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/error_code.h"

namespace mongo_store::mongo {
namespace {

struct KnownCode {
  std::int32_t code;
  ErrorMeaning meaning;
};

// Names are those of MongoDB's src/mongo/base/error_codes.yml (4.2 to 8.2); others name their
// source.
// kLater is a temporary refusal of single documents: only those wait. kServerState is about the
// server as a whole. It delays the whole batch, even if it came for one document, because the
// answers for the others can't be trusted either.
// Other servers use this protocol, too. Azure Cosmos DB answers 16500 for each document over its
// throughput, with RetryAfterMs in the message (its documents on error 16500). The codes of Amazon
// DocumentDB and FerretDB (internal/handler/handlererrors) are among these.
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
    // The index can't hold the document. These codes have no name. From 5.0: db/geo/hash.cpp,
    // db/index/expression_keys_private.cpp, db/fts/fts_spec.cpp.
    {13026, ErrorMeaning::kDocumentAtFault},  // 2d: not a pair of coordinates
    {13027, ErrorMeaning::kDocumentAtFault},  // 2d: a point outside the index's bounds
    {13068, ErrorMeaning::kDocumentAtFault},  // 2d: one coordinate only
    {16755, ErrorMeaning::kDocumentAtFault},  // 2dsphere: can't extract keys
    {16756, ErrorMeaning::kDocumentAtFault},  // 2dsphere: malformed geometry
    {16766, ErrorMeaning::kDocumentAtFault},  // hashed: an array
    {16804, ErrorMeaning::kDocumentAtFault},  // geoHaystack: not a location
    {17261, ErrorMeaning::kDocumentAtFault},  // text: the language isn't a string
    {17262, ErrorMeaning::kDocumentAtFault},  // text: an unknown language
    {17280, ErrorMeaning::kDocumentAtFault},  // KeyTooLong: an index of a server before 4.2

    {462, ErrorMeaning::kLater},    // IngressRequestRateLimitExceeded, since 8.2
    {16500, ErrorMeaning::kLater},  // RequestRateTooLarge, of Azure Cosmos DB

    {6, ErrorMeaning::kServerState},      // HostUnreachable
    {7, ErrorMeaning::kServerState},      // HostNotFound
    {24, ErrorMeaning::kServerState},     // LockTimeout
    {46, ErrorMeaning::kServerState},     // LockBusy
    {50, ErrorMeaning::kServerState},     // MaxTimeMSExpired
    {64, ErrorMeaning::kServerState},     // WriteConcernFailed
    {82, ErrorMeaning::kServerState},     // NoProgressMade: mongos, for the rest of a batch
    {89, ErrorMeaning::kServerState},     // NetworkTimeout
    {91, ErrorMeaning::kServerState},     // ShutdownInProgress
    {112, ErrorMeaning::kServerState},    // WriteConflict
    {133, ErrorMeaning::kServerState},    // FailedToSatisfyReadPreference
    {134, ErrorMeaning::kServerState},    // ReadConcernMajorityNotAvailableYet
    {146, ErrorMeaning::kServerState},    // ExceededMemoryLimit
    {150, ErrorMeaning::kServerState},    // StaleEpoch
    {189, ErrorMeaning::kServerState},    // PrimarySteppedDown
    {202, ErrorMeaning::kServerState},    // NetworkInterfaceExceededTimeLimit
    {208, ErrorMeaning::kServerState},    // TooManyLocks
    {249, ErrorMeaning::kServerState},    // StaleDbVersion
    {262, ErrorMeaning::kServerState},    // ExceededTimeLimit
    {314, ErrorMeaning::kServerState},    // ObjectIsBusy
    {317, ErrorMeaning::kServerState},    // ConnectionPoolExpired
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
