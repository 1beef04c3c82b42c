// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store::message {

// Why a publish can't become a document. The code's name appears in dead letters and in the log.
enum class RejectionCode {
  kNone,
  kPayloadTooLarge,
  kInvalidUtf8,
  kEmbeddedNul,
  kInvalidJson,
  kTooDeep,
  kTooManyValues,
  kNotAnObject,
  kUuidMissing,
  kUuidNotAString,
  kUuidEmpty,
  kUuidNotTopic,
  kValueMissing,
  kNumberOutOfRange,
  kTopicTooLong,
  kClientIdTooLong,
  kUsernameTooLong,
  kMessageIdTooLong,
  kMessageIdUnusable,
  kDocumentTooLarge,
  kRecordUnreadable,
  kDatabaseRefused,
  kIdConflict,
  kUniqueIndex,
  kProcessEnded,
  kConnectionClosed,
};

// In snake_case: `invalid_json`. The names are stored in dead letters and must not change.
std::string_view rejection_code_name(RejectionCode code);

// Whether a dead letter can have this code; "none" isn't one.
bool is_rejection_code(std::string_view name);

struct [[nodiscard]] Rejection {
  RejectionCode code = RejectionCode::kNone;
  std::string sentence;  // one line: what is wrong, where, and what is expected

  bool is_none() const { return code == RejectionCode::kNone; }
};

}  // namespace mongo_store::message
