// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/mongo_sink.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "mongo/document_views.h"
#include "mongo/error_sorter.h"
#include "mongo/handles.h"
#include "mongo/probe.h"
#include "mongo/read_concern.h"
#include "mongo/stored_documents.h"

namespace mongo_store::mongo {
namespace {

using delivery::InsertOutcome;
using delivery::Refusal;
using delivery::Target;

// We built or checked every document that is sent. Checking again would take most of the driver's
// time.
void append_insert_options(bson_t* options) {
  bson_append_bool(options, "ordered", -1, false);
  bson_append_bool(options, "validate", -1, false);
}

// A slower server is asked for fewer documents. The limit also ends queries whose answer nobody
// waits for any more.
constexpr std::int64_t kFindMsMax = 10'000;

void append_find_options(bson_t* options, bool is_majority, bool is_one) {
  if (is_one) bson_append_int64(options, "limit", -1, 1);  // a server that scans stops earlier
  bson_append_int64(options, "maxTimeMS", -1, kFindMsMax);
  if (is_majority) append_majority_read(options);
}

// A server that crashes on a document crashes soon. If the connection breaks later, something
// may have cut off an insert that waited for a majority, or the driver's timeout ended it. (The URI
// always has a timeout.)
std::chrono::milliseconds closed_soon(const mongoc_client_t* client) {
  return std::min<std::chrono::milliseconds>(
      std::chrono::seconds(3), std::chrono::milliseconds(mongoc_uri_get_option_as_int32(
                                   mongoc_client_get_uri(client), MONGOC_URI_SOCKETTIMEOUTMS, 0)));
}

// Exactly {_id: 1}; any index can have its name.
bool is_index_of_id(const bson_t& index) {
  bson_iter_t at;
  bson_iter_t key;
  return bson_iter_init_find(&at, &index, "key") && bson_iter_recurse(&at, &key) &&
         bson_iter_next(&key) && std::string_view(bson_iter_key(&key)) == "_id" &&
         !bson_iter_next(&key);
}

// An index that is being made unique (collMod prepareUnique, since 6.0) refuses duplicates, too.
bool is_unique(const bson_t& index) {
  const auto is_set = [&](const char* name) {
    bson_iter_t at;
    return bson_iter_init_find(&at, &index, name) && bson_iter_as_bool(&at);
  };
  return is_set("unique") || is_set("prepareUnique");
}

std::string name_of(const Target& target) { return text(target.database, ".", target.collection); }

// Refusals by the caller's indexes, in the caller's order.
std::vector<Refusal> in_callers_order(const DocumentViews& views, std::vector<Refusal> refusals) {
  for (Refusal& refusal : refusals) refusal.index = views.position(refusal.index);
  refusals.insert(refusals.end(), views.refused().begin(), views.refused().end());
  std::ranges::sort(refusals, {}, &Refusal::index);
  return refusals;
}

}  // namespace

Result<std::unique_ptr<MongoSink>> MongoSink::create(ConnectionOptions options) {
  Result<std::unique_ptr<ClientPool>> pool = ClientPool::create(std::move(options));
  if (!pool.is_ok()) return pool.status();
  return std::make_unique<MongoSink>(std::move(pool).value());
}

MongoSink::MongoSink(std::unique_ptr<ClientPool> pool) : pool_(std::move(pool)) {}

std::unique_ptr<delivery::SinkSession> MongoSink::open_session() {
  return std::make_unique<MongoSinkSession>(*pool_);
}

delivery::ProbeLine MongoSink::probe(std::span<const Target> targets) {
  const UriPtr uri = pool_->uri();
  if (uri == nullptr) return {LogLevel::kWarning, "the connections to MongoDB are closed"};
  return mongo::probe(*uri, pool_->hosts(), targets, pool_->is_early());
}

InsertOutcome MongoSinkSession::insert(const Target& target, std::span<const ByteView> documents) {
  DocumentViews views(documents);
  if (views.size() == 0) return {Status(), views.refused()};
  Status connected = connect();
  if (!connected.is_ok()) return {std::move(connected), {}};

  OwnedBson options;
  OwnedBson reply;
  bson_error_t error = {};
  append_insert_options(options.get());
  const CollectionPtr into = collection(target);
  const auto begin = std::chrono::steady_clock::now();
  const bool is_ok = mongoc_collection_insert_many(into.get(), views.pointers(), views.size(),
                                                   options.get(), reply.get(), &error);
  InsertOutcome outcome = sort_insert(is_ok, error, *reply, views.size());
  if (!outcome.status.is_ok()) {
    const bool is_closed = is_connection_failure(error) &&
                           std::chrono::steady_clock::now() - begin < closed_soon(lease_.client);
    outcome.status = after_failure(std::move(outcome.status), error);
    outcome.is_connection_closed = is_closed;
    return outcome;
  }
  outcome.refusals = in_callers_order(views, std::move(outcome.refusals));
  return outcome;
}

Result<std::vector<ByteBuffer>> MongoSinkSession::find_stored(const Target& target,
                                                              std::span<const ByteView> documents) {
  Status connected = connect();
  if (!connected.is_ok()) return connected;
  StoredDocuments stored(documents);
  bson_error_t error = {};
  Status status = find(target, is_majority_read_, stored, &error);
  if (!status.is_ok() && is_majority_read_refused(error)) {
    is_majority_read_ = false;
    status = find(target, false, stored, &error);
  }
  if (!status.is_ok()) {
    status = after_failure(std::move(status), error);
    return is_read_refused(error) ? status : Status::retry(status.message());
  }
  if (!is_majority_read_) {
    status = confirm(target, documents, stored.found());
    if (!status.is_ok()) return status;
  }
  return std::move(stored.found());
}

delivery::KeyProof MongoSinkSession::key_proof(const Target& target) {
  if (!connect().is_ok() || is_mongos()) return delivery::KeyProof::kNothing;
  const CollectionPtr in = collection(target);
  const CursorPtr cursor(mongoc_collection_find_indexes_with_opts(in.get(), nullptr));
  const bson_t* index = nullptr;
  bool has_id = false;
  bool has_other = false;
  while (mongoc_cursor_next(cursor.get(), &index)) {
    (is_index_of_id(*index) ? has_id : has_other) |= is_index_of_id(*index) || is_unique(*index);
  }
  bson_error_t error = {};
  const bool is_only_id = !mongoc_cursor_error(cursor.get(), &error) && has_id && !has_other;
  return is_only_id ? delivery::KeyProof::kAnyKey : delivery::KeyProof::kNamedId;
}

// Also true if no server is found.
bool MongoSinkSession::is_mongos() {
  bson_error_t error = {};
  const ServerPtr server(mongoc_client_select_server(lease_.client, true, nullptr, &error));
  return server == nullptr ||
         std::string_view(mongoc_server_description_type(server.get())) == "Mongos";
}

Status MongoSinkSession::find(const Target& target, bool is_majority, StoredDocuments& stored,
                              bson_error_t* error) {
  OwnedBson filter;
  OwnedBson options;
  stored.append_filter(filter.get());
  append_find_options(options.get(), is_majority, stored.is_one());
  const ReadPreferencesPtr primary(mongoc_read_prefs_new(MONGOC_READ_PRIMARY));
  const CollectionPtr in = collection(target);
  const CursorPtr cursor(
      mongoc_collection_find_with_opts(in.get(), filter.get(), options.get(), primary.get()));
  const bson_t* found = nullptr;
  while (mongoc_cursor_next(cursor.get(), &found)) stored.add(*found);
  if (!mongoc_cursor_error(cursor.get(), error)) return {};
  return sort_command(*error, text("find in ", name_of(target)));
}

// A primary's document may still be rolled back. Therefore the same insert is sent again. The
// server answers it only when a majority has everything that it had before. If the document is
// still there the answer is a duplicate key, and if it is gone the insert stores it.
Status MongoSinkSession::confirm(const Target& target, std::span<const ByteView> documents,
                                 std::vector<ByteBuffer>& found) {
  std::vector<ByteView> unsure;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (found[i].empty()) continue;
    unsure.push_back(documents[i]);
    positions.push_back(i);
  }
  if (unsure.empty()) return {};
  if (is_mongos()) {
    return Status::retry(text("find in ", name_of(target),
                              ": majority reads are refused (code 148), and through a mongos there "
                              "is no other way to confirm stored documents"));
  }
  const InsertOutcome outcome = insert(target, unsure);
  if (!outcome.status.is_ok()) return outcome.status;
  std::vector<bool> was_there(unsure.size());
  for (const Refusal& refusal : outcome.refusals) {
    if (refusal.kind != delivery::RefusalKind::kDuplicateKey || !refusal.is_on_id) {
      return Status::retry(text("insert into ", name_of(target), ", to confirm stored documents: ",
                                refusal.message, " (code ", refusal.code, ")"));
    }
    was_there[refusal.index] = true;
  }
  for (std::size_t i = 0; i < unsure.size(); ++i) {
    if (!was_there[i]) found[positions[i]].assign(unsure[i].begin(), unsure[i].end());
  }
  return {};
}

Status MongoSinkSession::connect() {
  if (lease_.client != nullptr && pool_.is_current(lease_.generation)) return Status();
  disconnect();
  Result<ClientPool::Lease> lease = pool_.lease();
  if (lease.is_ok()) lease_ = lease.value();
  return lease.status();
}

void MongoSinkSession::disconnect() {
  if (lease_.client != nullptr) pool_.release(lease_);
  lease_ = {};
}

CollectionPtr MongoSinkSession::collection(const Target& target) {
  const std::string database(target.database);
  const std::string name(target.collection);
  return CollectionPtr(mongoc_client_get_collection(lease_.client, database.c_str(), name.c_str()));
}

Status MongoSinkSession::after_failure(Status status, const bson_error_t& error) {
  if (is_unauthorized(error)) {
    pool_.renew(lease_.generation, std::chrono::steady_clock::now());
  }
  if (!is_authentication_failure(error)) return status;
  const Result<bool> is_renewed = pool_.renew_password(lease_.generation);
  if (!is_renewed.is_ok()) return is_renewed.status();
  if (!is_renewed.value()) return pool_.is_early() ? sort_early(status) : status;
  return Status::retry(
      "MongoDB didn't accept the password, and mongo_password_file has changed: "
      "trying the new password");
}

}  // namespace mongo_store::mongo
