// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/connection.h"

#include <span>

#include "tests/support/scripted_mongod/command_table.h"
#include "tests/support/scripted_mongod/wire_message.h"

namespace mongo_store::scripted {

void Connection::run() {
  Status status = stream_->handshake();
  while (status.is_ok()) status = serve_one();
  stream_->interrupt();
}

Status Connection::read_message() {
  message_.resize(kMessageHeaderBytes);
  Status status = stream_->read_exactly(message_);
  if (!status.is_ok()) return status;
  const Result<std::size_t> length = message_length(message_);
  if (!length.is_ok()) return length.status();
  message_.resize(length.value());
  return stream_->read_exactly(std::span(message_).subspan(kMessageHeaderBytes));
}

Status Connection::serve_one() {
  Status status = read_message();
  if (!status.is_ok()) return status;
  const Result<WireMessage> request = parse_message(message_);
  if (!request.is_ok()) return request.status();
  const BsonDocument reply = answer(node_, session_, request.value());
  if (request.value().wants_no_reply) return Status();
  return stream_->write_all(encode_reply(request.value(), *reply));
}

}  // namespace mongo_store::scripted
