// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/rejection.h"

namespace mongo_store::message {
namespace {

constexpr std::string_view kUnknown = "unknown";  // for values after the last code

}  // namespace

std::string_view rejection_code_name(RejectionCode code) {
  switch (code) {
    case RejectionCode::kNone: return "none";
    case RejectionCode::kPayloadTooLarge: return "payload_too_large";
    case RejectionCode::kInvalidUtf8: return "invalid_utf8";
    case RejectionCode::kEmbeddedNul: return "embedded_nul";
    case RejectionCode::kInvalidJson: return "invalid_json";
    case RejectionCode::kTooDeep: return "too_deep";
    case RejectionCode::kTooManyValues: return "too_many_values";
    case RejectionCode::kNotAnObject: return "not_an_object";
    case RejectionCode::kUuidMissing: return "uuid_missing";
    case RejectionCode::kUuidNotAString: return "uuid_not_a_string";
    case RejectionCode::kUuidEmpty: return "uuid_empty";
    case RejectionCode::kUuidNotTopic: return "uuid_not_topic";
    case RejectionCode::kValueMissing: return "value_missing";
    case RejectionCode::kNumberOutOfRange: return "number_out_of_range";
    case RejectionCode::kTopicTooLong: return "topic_too_long";
    case RejectionCode::kClientIdTooLong: return "client_id_too_long";
    case RejectionCode::kUsernameTooLong: return "username_too_long";
    case RejectionCode::kMessageIdTooLong: return "message_id_too_long";
    case RejectionCode::kMessageIdUnusable: return "message_id_unusable";
    case RejectionCode::kDocumentTooLarge: return "document_too_large";
    case RejectionCode::kRecordUnreadable: return "record_unreadable";
    case RejectionCode::kDatabaseRefused: return "database_refused";
    case RejectionCode::kIdConflict: return "id_conflict";
    case RejectionCode::kUniqueIndex: return "unique_index";
    case RejectionCode::kProcessEnded: return "process_ended";
    case RejectionCode::kConnectionClosed: return "connection_closed";
  }
  return kUnknown;
}

bool is_rejection_code(std::string_view name) {
  for (int code = static_cast<int>(RejectionCode::kNone) + 1;; ++code) {
    const std::string_view known = rejection_code_name(static_cast<RejectionCode>(code));
    if (known == kUnknown) return false;
    if (known == name) return true;
  }
}

}  // namespace mongo_store::message
