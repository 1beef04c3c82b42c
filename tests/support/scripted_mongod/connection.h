// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>

#include "base/status.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/node.h"
#include "tests/support/scripted_mongod/session.h"
#include "tests/support/scripted_mongod/stream.h"
#include "tests/support/scripted_mongod/wire_message.h"

namespace mongo_store::scripted {

// Reads commands from one stream and answers each of them, until the peer closes the stream or
// sends an invalid message, or interrupt() is called. The node must outlive it.
class Connection {
 public:
  Connection(Node& node, std::unique_ptr<Stream> stream, std::int32_t id)
      : node_(node), stream_(std::move(stream)) {
    session_.connection_id = id;
  }

  std::int32_t id() const { return session_.connection_id; }
  // Called once, by one thread.
  void run();
  // Any thread.
  void interrupt() {
    session_.is_cut = true;
    stream_->interrupt();
  }

 private:
  Status serve_one();
  Status read_message();
  Status answer_under_fault(const WireMessage& request);
  Status send(const WireMessage& request, const BsonDocument& reply);

  Node& node_;
  std::unique_ptr<Stream> stream_;
  Session session_;
  ByteBuffer message_;
};

}  // namespace mongo_store::scripted
