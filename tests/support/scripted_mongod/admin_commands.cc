// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/admin_commands.h"

#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

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

// Cursors go first: the numbers that they hold would mean other documents in a new collection.
bool drop(Node& node, const std::string& name) {
  node.cursors.close_all(name);
  return node.store.drop(name);
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
  call.node.store.create(call.target());
  return std::nullopt;
}

CommandOutcome create_indexes(CommandCall& call) {
  for (const ByteView bytes : call.documents("indexes")) {
    const BsonView index(bytes);
    const Status status = call.node.store.create_index(call.target(), parse_index(index.bson()));
    if (status.code() == StatusCode::kReject) {
      return CommandError{11000, "DuplicateKey", status.message()};
    }
    if (!status.is_ok()) return CommandError{67, "CannotCreateIndex", status.message()};
  }
  return std::nullopt;
}

CommandOutcome drop_collection(CommandCall& call) {
  const std::string target = call.target();
  if (!drop(call.node, target)) return CommandError{26, "NamespaceNotFound", "ns not found"};
  append_text(call.reply, "ns", target);
  return std::nullopt;
}

CommandOutcome drop_database(CommandCall& call) {
  for (const std::string& name : call.node.store.collections(call.database)) {
    drop(call.node, text(call.database, ".", name));
  }
  append_text(call.reply, "dropped", call.database);
  return std::nullopt;
}

CommandOutcome list_collections(CommandCall& call) {
  const Result<Filter> filter = Filter::parse(BsonView(embedded_field(call.body, "filter")).bson());
  if (!filter.is_ok()) return CommandError::bad_value(filter.message());
  std::vector<BsonDocument> described;
  for (const std::string& name : call.node.store.collections(call.database)) {
    BsonDocument document = describe_collection(name);
    if (filter.value().matches(bytes_of(*document))) described.push_back(std::move(document));
  }
  answer_all(call, text(call.database, ".$cmd.listCollections"), described);
  return std::nullopt;
}

CommandOutcome list_indexes(CommandCall& call) {
  std::vector<BsonDocument> described;
  for (const IndexOptions& index : call.node.store.indexes(call.target())) {
    described.push_back(describe_index(index));
  }
  if (described.empty()) return CommandError{26, "NamespaceNotFound", "ns does not exist"};
  answer_all(call, call.target(), described);
  return std::nullopt;
}

CommandOutcome list_databases(CommandCall& call) {
  ArrayWriter databases(call.reply, "databases");
  for (const std::string& name : call.node.store.databases()) {
    const BsonDocument described;
    append_text(described.get(), "name", name);
    BSON_APPEND_BOOL(described.get(), "empty", false);
    databases.add_document(*described);
  }
  databases.end();
  return std::nullopt;
}

}  // namespace mongo_store::scripted
