// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/connection.h"

#include <algorithm>
#include <span>

#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/command.h"
#include "tests/support/scripted_mongod/command_table.h"
#include "tests/support/scripted_mongod/wire_message.h"

namespace mongo_store::scripted {
namespace {

constexpr std::size_t kCommandNameWithin = 64;

Status closed() { return Status::absent("closed as a fail point says"); }

}  // namespace

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
  const std::span<std::byte> rest = std::span(message_).subspan(kMessageHeaderBytes);
  const std::span<std::byte> beginning = rest.first(std::min(rest.size(), kCommandNameWithin));
  status = stream_->read_exactly(beginning);
  if (!status.is_ok()) return status;
  if (node_.fail_points.strikes_while_reading(command_name_in(beginning))) return closed();
  return stream_->read_exactly(rest.subspan(beginning.size()));
}

Status Connection::serve_one() {
  Status status = read_message();
  if (!status.is_ok()) return status;
  const Result<WireMessage> request = parse_message(message_);
  if (!request.is_ok()) return request.status();
  session_.fault = node_.fail_points.strike(request.value(), session_.app_name);
  if (session_.fault) return answer_under_fault(request.value());
  return send(request.value(), answer(node_, session_, request.value()));
}

Status Connection::answer_under_fault(const WireMessage& request) {
  const std::shared_ptr<const Fault> fault = session_.fault;
  const auto strike = [&] {
    if (fault->blocks) {
      const BsonView body(request.body);
      node_.fail_points.block(fault, listed_ids(body.bson()), session_.is_cut);
    }
    return fault->closes || session_.is_cut ? closed() : Status();
  };
  if (!fault->applies_first) {
    Status status = strike();
    if (!status.is_ok()) return status;
  }
  const BsonDocument reply = answer(node_, session_, request);
  if (fault->applies_first) {
    Status status = strike();
    if (!status.is_ok()) return status;
  }
  return send(request, reply);
}

Status Connection::send(const WireMessage& request, const BsonDocument& reply) {
  if (request.wants_no_reply) return Status();
  return stream_->write_all(encode_reply(request, *reply));
}

}  // namespace mongo_store::scripted
