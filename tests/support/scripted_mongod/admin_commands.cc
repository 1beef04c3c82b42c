// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/admin_commands.h"

#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/write_path.h"

namespace mongo_store::scripted {
namespace {

IndexOptions parse_index(const bson_t& index) {
  const ByteView key = embedded_field(index, "key");
  return {std::string(text_field(index, "name")),
          {key.begin(), key.end()},
          bool_field(index, "unique", false)};
}

BsonDocument describe_collection(const std::string& name) {
  BsonDocument described;
  append_text(described.get(), "name", name);
  append_text(described.get(), "type", "collection");
  append_document(described.get(), "options", {});
  bson_t info;
  BSON_APPEND_DOCUMENT_BEGIN(described.get(), "info", &info);
  BSON_APPEND_BOOL(&info, "readOnly", false);
  bson_append_document_end(described.get(), &info);
  return described;
}

BsonDocument describe_index(const IndexOptions& index) {
  BsonDocument described;
  BSON_APPEND_INT32(described.get(), "v", 2);
  append_document(described.get(), "key", index.key);
  append_text(described.get(), "name", index.name);
  if (index.is_unique && index.name != "_id_") BSON_APPEND_BOOL(described.get(), "unique", true);
  return described;
}

// Cursors are closed first, because their numbers would refer to other documents in a new
// collection.
CommandOutcome drop(CommandCall& call, const std::string& name, bool* was_there = nullptr) {
  return write(call, LogEntry::Kind::kDrop, name, [&](Change& change) {
    call.node.cursors.close_all(name);
    const bool is_dropped = change.store.drop(name);
    if (was_there != nullptr) *was_there = is_dropped;
    return is_dropped;
  });
}

void answer_all(CommandCall& call, const std::string& name,
                const std::vector<BsonDocument>& documents) {
  std::vector<ByteView> views;
  views.reserve(documents.size());
  for (const BsonDocument& document : documents) views.push_back(bytes_of(*document));
  append_whole_cursor(call.reply, name, views);
}

}  // namespace

CommandOutcome create_collection(CommandCall& call) {
  return write(call, LogEntry::Kind::kCreate, call.target(), [](Change& change) {
    change.store.create(change.entry.target);
    return true;
  });
}

CommandOutcome create_indexes(CommandCall& call) {
  for (const ByteView bytes : call.documents("indexes")) {
    const BsonView index(bytes);
    Status status;
    const auto apply = [&](Change& change) {
      change.entry.index = parse_index(index.bson());
      status = change.store.create_index(change.entry.target, change.entry.index);
      return status.is_ok();
    };
    if (CommandOutcome error = write(call, LogEntry::Kind::kCreateIndex, call.target(), apply)) {
      return error;
    }
    if (status.code() == StatusCode::kReject) {
      return CommandError{11000, "DuplicateKey", status.message()};
    }
    if (!status.is_ok()) return CommandError{67, "CannotCreateIndex", status.message()};
  }
  return std::nullopt;
}

CommandOutcome drop_collection(CommandCall& call) {
  const std::string target = call.target();
  bool was_there = false;
  if (CommandOutcome error = drop(call, target, &was_there)) return error;
  if (!was_there) return CommandError{26, "NamespaceNotFound", "ns not found"};
  append_text(call.reply, "ns", target);
  return std::nullopt;
}

CommandOutcome drop_database(CommandCall& call) {
  for (const std::string& name : call.store->collections(call.database)) {
    if (CommandOutcome error = drop(call, text(call.database, ".", name))) return error;
  }
  append_text(call.reply, "dropped", call.database);
  return std::nullopt;
}

CommandOutcome list_collections(CommandCall& call) {
  const Result<Filter> filter = Filter::parse(BsonView(embedded_field(call.body, "filter")).bson());
  if (!filter.is_ok()) return CommandError::bad_value(filter.message());
  std::vector<BsonDocument> described;
  for (const std::string& name : call.store->collections(call.database)) {
    BsonDocument document = describe_collection(name);
    if (filter.value().matches(bytes_of(*document))) described.push_back(std::move(document));
  }
  answer_all(call, text(call.database, ".$cmd.listCollections"), described);
  return std::nullopt;
}

CommandOutcome list_indexes(CommandCall& call) {
  std::vector<BsonDocument> described;
  for (const IndexOptions& index : call.store->indexes(call.target())) {
    described.push_back(describe_index(index));
  }
  if (described.empty()) return CommandError{26, "NamespaceNotFound", "ns does not exist"};
  answer_all(call, call.target(), described);
  return std::nullopt;
}

CommandOutcome list_databases(CommandCall& call) {
  ArrayWriter databases(call.reply, "databases");
  for (const std::string& name : call.store->databases()) {
    const BsonDocument described;
    append_text(described.get(), "name", name);
    BSON_APPEND_BOOL(described.get(), "empty", false);
    databases.add_document(*described);
  }
  databases.end();
  return std::nullopt;
}

}  // namespace mongo_store::scripted
