// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <bson/bson.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/scripted_mongod/connection.h"
#include "tests/support/scripted_mongod/node.h"
#include "tests/support/scripted_mongod/wire_message.h"

// Any bytes over one connection to a new scripted-mongod, with settings that the first bytes
// choose. Each message must get an answer that drivers can read, or end the connection. The server
// isn't in a simulated set, so nothing waits for a write concern, and commands for sets are
// refused: the servers and threads of a set would start too slowly for each input.
namespace mongo_store::scripted {
namespace {

constexpr std::uint8_t kAsksForPassword = 1;
constexpr std::uint8_t kIsReplicaSet = 2;

// This fail point's field makes a command wait, perhaps forever. Inputs that contain it are
// skipped.
constexpr std::string_view kWaits = "blockConnection";

void require_answer(ByteView message) {
  constexpr std::uint32_t kOpReply = 1;
  constexpr std::uint32_t kOpMsg = 2013;
  constexpr std::size_t kReplyFields = 20;
  constexpr std::size_t kMsgFields = 5;
  const Result<std::size_t> length = message_length(message);
  fuzz::require(length.is_ok(), "an answer has a length within the bounds");
  fuzz::require(length.value() == message.size(), "an answer is as long as it says");
  const auto op_code = load_le<std::uint32_t>(message.data() + 12);
  fuzz::require(op_code == kOpMsg || op_code == kOpReply, "an answer is OP_MSG or OP_REPLY");
  const std::size_t body_at = kMessageHeaderBytes + (op_code == kOpMsg ? kMsgFields : kReplyFields);
  fuzz::require(message.size() > body_at, "an answer has a body");
  const ByteView body = message.subspan(body_at);
  bson_t document;
  fuzz::require(
      bson_init_static(&document, reinterpret_cast<const std::uint8_t*>(body.data()), body.size()),
      "the body is one document");
  fuzz::require(bson_validate(&document, BSON_VALIDATE_NONE, nullptr), "the body is valid BSON");
  fuzz::require(bson_has_field(&document, "ok"), "the body says whether it went well");
}

// The client sends the input, reads each answer, and closes the connection.
class InputStream final : public Stream {
 public:
  explicit InputStream(ByteView input) : rest_(input) {}

  Status handshake() override { return Status(); }
  Status read_exactly(std::span<std::byte> into) override {
    if (into.size() > rest_.size()) return Status::absent("the input is over");
    std::copy_n(rest_.begin(), into.size(), into.begin());
    rest_ = rest_.subspan(into.size());
    return Status();
  }
  Status write_all(ByteView bytes) override {
    require_answer(bytes);
    return Status();
  }
  void interrupt() override {}

 private:
  ByteView rest_;
};

NodeOptions options_of(std::uint8_t settings) {
  NodeOptions options;
  if ((settings & kIsReplicaSet) != 0) options.replica_set = "rs0";
  if ((settings & kAsksForPassword) != 0) {
    options.account.user = "user";
    options.account.password = "pencil";
    options.account.iterations_sha1 = options.account.iterations_sha256 = 1;  // for speed
  }
  return options;
}

void try_input(std::uint8_t settings, ByteView messages) {
  Node node(options_of(settings), "127.0.0.1:27017");
  Connection(node, std::make_unique<InputStream>(messages), 1).run();
}

}  // namespace
}  // namespace mongo_store::scripted

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace mongo_store;
  const ByteView input(reinterpret_cast<const std::byte*>(bytes), size);
  if (input.empty() || as_text(input).find(scripted::kWaits) != std::string_view::npos) return 0;
  scripted::try_input(bytes[0], input.subspan(1));
  return 0;
}
