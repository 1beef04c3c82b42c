// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/write_commands.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/write_path.h"

namespace mongo_store::scripted {
namespace {

constexpr std::size_t kBatchDocumentsMax = 100'000;
constexpr std::size_t kDocumentBytesMax = (std::size_t{16} << 20) + 16384;
// After this much text, errors have an empty `errmsg`, as in MongoDB, to limit the size of a reply.
constexpr std::size_t kErrorBytesMax = std::size_t{1} << 20;

std::string shown(const bson_t& document) {
  const std::unique_ptr<char, void (*)(void*)> json(
      bson_as_relaxed_extended_json(&document, nullptr), bson_free);
  return json ? json.get() : "{}";
}

BsonDocument duplicate_error(const std::string& target, const InsertOutcome::Refused& refused,
                             bool has_message) {
  const DuplicateKey& duplicate = refused.duplicate;
  const BsonView key_value(duplicate.key_value);
  BsonDocument error;
  BSON_APPEND_INT32(error.get(), "index", static_cast<std::int32_t>(refused.index));
  BSON_APPEND_INT32(error.get(), "code", 11000);
  bson_t pattern;
  BSON_APPEND_DOCUMENT_BEGIN(error.get(), "keyPattern", &pattern);
  BSON_APPEND_INT32(&pattern, duplicate.field.c_str(), 1);
  bson_append_document_end(error.get(), &pattern);
  BSON_APPEND_DOCUMENT(error.get(), "keyValue", &key_value.bson());
  std::string message;
  if (has_message) {
    message = text("E11000 duplicate key error collection: ", target,
                   " index: ", duplicate.index_name, " dup key: ", shown(key_value.bson()));
  }
  append_text(error.get(), "errmsg", message);
  return error;
}

BsonDocument too_large_error(std::size_t index, std::size_t bytes) {
  BsonDocument error;
  BSON_APPEND_INT32(error.get(), "index", static_cast<std::int32_t>(index));
  BSON_APPEND_INT32(error.get(), "code", 10334);
  append_text(error.get(), "errmsg", text("object to insert too large, size in bytes: ", bytes));
  return error;
}

// Errors of single documents, by their index in the batch.
class WriteErrors {
 public:
  void add(std::size_t index, BsonDocument error) {
    bytes_ += error.get()->len;
    errors_.emplace_back(index, std::move(error));
  }
  bool has_room_for_message() const { return bytes_ < kErrorBytesMax; }

  void append_to(bson_t* reply) {
    if (errors_.empty()) return;
    std::sort(errors_.begin(), errors_.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    ArrayWriter array(reply, "writeErrors");
    for (const auto& [index, error] : errors_) array.add_document(*error);
    array.end();
  }

 private:
  std::vector<std::pair<std::size_t, BsonDocument>> errors_;
  std::size_t bytes_ = 0;
};

// The documents that no fault refuses, and their indexes in the batch.
struct Admitted {
  std::vector<ByteView> documents;
  std::vector<std::size_t> indexes;
};

BsonDocument injected_error(std::size_t index, const Fault::WriteError& told) {
  BsonDocument error;
  BSON_APPEND_INT32(error.get(), "index", static_cast<std::int32_t>(index));
  BSON_APPEND_INT32(error.get(), "code", told.code);
  append_text(error.get(), "errmsg",
              told.message.empty() ? "refused via a fail point" : std::string_view(told.message));
  return error;
}

Admitted admit(const std::vector<ByteView>& documents, const Fault* fault, bool is_ordered,
               const std::set<std::size_t>& done, WriteErrors& errors) {
  Admitted admitted;
  admitted.documents.reserve(documents.size());
  admitted.indexes.reserve(documents.size());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (done.contains(i)) continue;
    const Fault::WriteError* told = fault == nullptr ? nullptr : fault->error_for(i, documents[i]);
    if (told == nullptr) {
      admitted.documents.push_back(documents[i]);
      admitted.indexes.push_back(i);
      continue;
    }
    errors.add(i, injected_error(i, *told));
    if (is_ordered) break;
  }
  return admitted;
}

// One oversized document makes the whole batch fail before anything is stored, because drivers
// never send one.
bool refuse_too_large(CommandCall& call, const std::vector<ByteView>& documents) {
  const auto found = std::find_if(documents.begin(), documents.end(), [](ByteView document) {
    return document.size() > kDocumentBytesMax;
  });
  if (found == documents.end()) return false;
  BSON_APPEND_INT32(call.reply, "n", 0);
  ArrayWriter errors(call.reply, "writeErrors");
  errors.add_document(
      *too_large_error(static_cast<std::size_t>(found - documents.begin()), found->size()));
  errors.end();
  return true;
}

CommandOutcome check_batch(const std::vector<ByteView>& documents) {
  if (!documents.empty() && documents.size() <= kBatchDocumentsMax) return std::nullopt;
  return CommandError{16, "InvalidLength",
                      text("Write batch sizes must be between 1 and ", kBatchDocumentsMax, ". Got ",
                           documents.size(), " operations.")};
}

}  // namespace

CommandOutcome insert_documents(CommandCall& call) {
  call.node.counters.note_write_concern(embedded_field(call.body, "writeConcern"));
  const std::vector<ByteView> documents = call.documents("documents");
  if (CommandOutcome error = check_batch(documents)) return error;
  if (refuse_too_large(call, documents)) return std::nullopt;
  const std::string target = call.target();
  const bool is_ordered = bool_field(call.body, "ordered", true);
  WriteErrors errors;
  std::size_t inserted = 0;
  const auto apply = [&](Change& change) {
    const Fault* fault = call.session.fault.get();
    const Admitted admitted = admit(documents, fault, is_ordered, change.done, errors);
    InsertOutcome outcome =
        change.store.insert(target, admitted.documents, is_ordered, change.position);
    for (InsertOutcome::Refused& refused : outcome.refused) {
      refused.index = admitted.indexes[refused.index];
      errors.add(refused.index, duplicate_error(target, refused, errors.has_room_for_message()));
    }
    inserted = outcome.inserted + change.done.size();
    for (const std::size_t i : outcome.indexes) {
      if (!change.entry.retryable.session.empty()) {
        change.entry.statements.insert(admitted.indexes[i]);
      }
    }
    change.entry.documents = std::move(outcome.documents);
    return outcome.inserted > 0;
  };
  if (CommandOutcome error = write(call, LogEntry::Kind::kInsert, target, apply)) return error;
  BSON_APPEND_INT32(call.reply, "n", static_cast<std::int32_t>(inserted));
  errors.append_to(call.reply);
  return std::nullopt;
}

CommandOutcome delete_documents(CommandCall& call) {
  call.node.counters.note_write_concern(embedded_field(call.body, "writeConcern"));
  const std::vector<ByteView> deletes = call.documents("deletes");
  if (CommandOutcome error = check_batch(deletes)) return error;
  std::size_t removed = 0;
  for (const ByteView bytes : deletes) {
    const BsonView one(bytes);
    const Result<Filter> filter = Filter::parse(BsonView(embedded_field(one.bson(), "q")).bson());
    if (!filter.is_ok()) return CommandError::bad_value(filter.message());
    const auto apply = [&](Change& change) {
      change.entry.filter = filter.value();
      change.entry.limit = integer_field(one.bson(), "limit", 0) == 0 ? 0 : 1;
      const std::size_t count =
          change.store.remove(change.entry.target, filter.value(), change.entry.limit);
      removed += count;
      return count > 0;
    };
    if (CommandOutcome error = write(call, LogEntry::Kind::kDelete, call.target(), apply)) {
      return error;
    }
  }
  BSON_APPEND_INT32(call.reply, "n", static_cast<std::int32_t>(removed));
  return std::nullopt;
}

}  // namespace mongo_store::scripted
