// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "delivery/sink.h"
#include "mongo/client_pool.h"
#include "mongo/connection_options.h"
#include "mongo/stored_documents.h"

namespace mongo_store::mongo {

// The Sink that inserts into MongoDB under the write concern of the options. It must outlive its
// sessions. If a thread is abandoned inside a session's call, the sink is abandoned, too (never
// destroyed). It has no static state, and must be destroyed before the process's static objects:
// the driver's library may shut itself down then.
class MongoSink final : public delivery::Sink {
 public:
  // kRefuse if the options are wrong or the password file can't be read. An unreachable server is
  // no error: nothing is connected or looked up before a session's first call.
  static Result<std::unique_ptr<MongoSink>> create(ConnectionOptions options);
  explicit MongoSink(std::unique_ptr<ClientPool> pool);

  std::unique_ptr<delivery::SinkSession> open_session() override;
  delivery::ProbeLine probe(std::span<const delivery::Target> targets) override;

  // Ends the driver's threads and connections. Calls of sessions fail from then on. Blocks up to
  // connectTimeoutMS plus serverSelectionTimeoutMS (10 s unless the URI says otherwise), so call it
  // on a thread that may be abandoned, not on the broker's. False if a session is still open.
  bool close() { return pool_->close(); }

  // For log lines; contains no secret.
  const std::string& hosts() const { return pool_->hosts(); }

 private:
  std::unique_ptr<ClientPool> pool_;
};

// A session has its own client, and therefore its own connections. A call takes at most
// serverSelectionTimeoutMS plus connectTimeoutMS plus socketTimeoutMS, 40 s by default.
// A read-back uses read concern majority. On a server that has none (code 148) the primary's own
// data is read, and documents that are found are sent again: docs/decisions/0034 explains why that
// proves that they are stored.
// If the server refuses the credentials, the password file is read again. If it has changed, the
// call fails with kRetry and the next one uses the new password. Otherwise it fails with kRefuse.
class MongoSinkSession final : public delivery::SinkSession {
 public:
  explicit MongoSinkSession(ClientPool& pool) : pool_(pool) {}
  ~MongoSinkSession() override { disconnect(); }
  MongoSinkSession(const MongoSinkSession&) = delete;
  MongoSinkSession& operator=(const MongoSinkSession&) = delete;

  delivery::InsertOutcome insert(const delivery::Target& target,
                                 std::span<const ByteView> documents) override;
  Result<std::vector<ByteBuffer>> find_stored(const delivery::Target& target,
                                              std::span<const ByteView> documents) override;
  delivery::KeyProof key_proof(const delivery::Target& target) override;

 private:
  Status connect();
  void disconnect();
  CollectionPtr collection(const delivery::Target& target);
  Status after_failure(Status status, const bson_error_t& error);
  bool is_mongos();
  Status find(const delivery::Target& target, bool is_majority, StoredDocuments& stored,
              bson_error_t* error);
  Status confirm(const delivery::Target& target, std::span<const ByteView> documents,
                 std::vector<ByteBuffer>& found);

  ClientPool& pool_;
  ClientPool::Lease lease_;
  bool is_majority_read_ = true;  // as far as we know
};

}  // namespace mongo_store::mongo
