// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/read_commands.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr std::size_t kFirstBatchDocuments = 101;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::uint64_t count_field(const bson_t& body, const char* name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_field(body, name, 0)));
}

std::size_t batch_size(const bson_t& body, std::size_t otherwise) {
  const std::int64_t asked = integer_field(body, "batchSize", -1);
  return asked < 0 ? otherwise : static_cast<std::size_t>(asked);
}

Result<Query> parse_find(const bson_t& body) {
  Result<Filter> filter = Filter::parse(BsonView(embedded_field(body, "filter")).bson());
  if (!filter.is_ok()) return filter.status();
  Query query;
  query.filter = std::move(filter).value();
  query.sort = parse_sort(BsonView(embedded_field(body, "sort")).bson());
  query.skip = count_field(body, "skip");
  query.limit = count_field(body, "limit");
  return query;
}

void answer_documents(CommandCall& call, Cursor cursor, const bson_t& batch_options,
                      bool is_single_batch) {
  BatchRequest request;
  request.documents_max = batch_size(batch_options, kFirstBatchDocuments);
  request.is_single_batch = is_single_batch;
  append_batch(call.reply, call.node.cursors, std::move(cursor), request);
}

void answer_count(CommandCall& call, const Aggregation& asked, std::size_t count) {
  const BsonDocument result;
  if (asked.has_group_id) BSON_APPEND_INT32(result.get(), "_id", 1);
  BSON_APPEND_INT32(result.get(), asked.count_field.c_str(), static_cast<std::int32_t>(count));
  std::vector<ByteView> documents;
  if (count > 0) documents.push_back(bytes_of(*result));
  append_whole_cursor(call.reply, call.target(), documents);
}

}  // namespace

CommandOutcome find_documents(CommandCall& call) {
  Result<Query> query = parse_find(call.body);
  if (!query.is_ok()) return CommandError::bad_value(query.message());
  Cursor cursor;
  cursor.store = call.store;
  cursor.name = call.target();
  query.value().visible_to = call.visible_to;
  cursor.numbers = call.store->select(cursor.name, query.value());
  cursor.projection = Projection::parse(BsonView(embedded_field(call.body, "projection")).bson());
  answer_documents(call, std::move(cursor), call.body, bool_field(call.body, "singleBatch", false));
  return std::nullopt;
}

CommandOutcome get_more(CommandCall& call) {
  BatchRequest request;
  request.batch_name = "nextBatch";
  request.id = integer_field(call.body, "getMore", 0);
  request.documents_max = batch_size(call.body, kNoLimit);
  if (request.documents_max == 0) request.documents_max = kNoLimit;
  const std::string name = text(call.database, ".", text_field(call.body, "collection"));
  std::optional<Cursor> cursor = call.node.cursors.take(request.id);
  if (!cursor || cursor->name != name) {
    if (cursor) call.node.cursors.put_back(request.id, std::move(*cursor));
    return CommandError{43, "CursorNotFound", text("cursor id ", request.id, " not found")};
  }
  append_batch(call.reply, call.node.cursors, std::move(*cursor), request);
  return std::nullopt;
}

CommandOutcome kill_cursors(CommandCall& call) {
  ArrayWriter killed(call.reply, "cursorsKilled");
  const BsonView ids(embedded_field(call.body, "cursors"));
  bson_iter_t iter;
  bool has_more = bson_iter_init(&iter, &ids.bson()) && bson_iter_next(&iter);
  for (; has_more; has_more = bson_iter_next(&iter)) {
    const std::int64_t id = bson_iter_as_int64(&iter);
    if (call.node.cursors.take(id)) killed.add_int64(id);
  }
  killed.end();
  return std::nullopt;
}

CommandOutcome count_documents(CommandCall& call) {
  const Result<Filter> filter = Filter::parse(BsonView(embedded_field(call.body, "query")).bson());
  if (!filter.is_ok()) return CommandError::bad_value(filter.message());
  std::uint64_t count = call.store->count(call.target(), filter.value(), call.visible_to);
  count -= std::min(count, count_field(call.body, "skip"));
  const std::uint64_t limit = count_field(call.body, "limit");
  if (limit != 0) count = std::min(count, limit);
  BSON_APPEND_INT32(call.reply, "n", static_cast<std::int32_t>(count));
  return std::nullopt;
}

CommandOutcome aggregate(CommandCall& call) {
  Result<Aggregation> parsed =
      parse_pipeline(BsonView(embedded_field(call.body, "pipeline")).bson());
  if (!parsed.is_ok()) return CommandError::bad_value(parsed.message());
  Cursor cursor;
  cursor.store = call.store;
  cursor.name = call.target();
  parsed.value().query.visible_to = call.visible_to;
  cursor.numbers = call.store->select(cursor.name, parsed.value().query);
  if (parsed.value().is_count) {
    answer_count(call, parsed.value(), cursor.numbers.size());
  } else {
    const BsonView options(embedded_field(call.body, "cursor"));
    answer_documents(call, std::move(cursor), options.bson(), false);
  }
  return std::nullopt;
}

}  // namespace mongo_store::scripted
