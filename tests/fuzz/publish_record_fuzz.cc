// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <bson/bson.h>

#include <algorithm>
#include <array>

#include "message/dead_letter.h"
#include "message/document_builder.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as a record's body and as a delivery context. If they are readable, they must be
// unchanged after writing and reading them again, and must become a document or a dead letter.
namespace mongo_store::message {
namespace {

bool is_within(std::string_view part, ByteView whole) {
  const char* begin = as_text(whole).data();
  return part.empty() ||
         (part.data() >= begin && part.data() + part.size() <= begin + whole.size());
}

void require_same_head(const Publish& publish, ByteView body) {
  std::array<std::byte, kPublishHeadBytesMax> head;
  const std::size_t used = encode_head(publish, head);
  fuzz::require(used == body.size() - publish.payload.size(), "the head has its length again");
  fuzz::require(
      std::equal(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(used), body.begin()),
      "the head has its bytes again");
}

void try_record(ByteView body, const DeliveryContext& context) {
  const Result<Publish> decoded = decode_publish({}, body);
  Publish publish;
  Rejection rejection = {RejectionCode::kRecordUnreadable, "unreadable"};
  bson_t document = BSON_INITIALIZER;
  if (decoded.is_ok()) {
    publish = decoded.value();
    for (const auto part : {publish.topic, publish.client_id, publish.username, publish.message_id,
                            as_text(publish.payload)}) {
      fuzz::require(is_within(part, body), "views stay within the body");
    }
    require_same_head(publish, body);
    rejection = build_document(publish, context, &document);
  } else {
    publish.payload = body;
  }
  bson_reinit(&document);
  build_dead_letter(publish, context, rejection, &document);
  fuzz::require(bson_validate(&document, BSON_VALIDATE_UTF8, nullptr), "it is valid BSON");
  bson_destroy(&document);
}

DeliveryContext usual_context() {
  return {.gateway_id = "gateway",
          .routes = {Route{.database = "db", .collection = "c", .dead_letter_collection = "d"}}};
}

}  // namespace
}  // namespace mongo_store::message

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace mongo_store;
  const ByteView input(reinterpret_cast<const std::byte*>(bytes), size);
  const Result<message::DeliveryContext> context = message::decode_context(input);
  if (context.is_ok()) {
    const ByteBuffer again = message::encode_context(context.value());
    const Result<message::DeliveryContext> same = message::decode_context(again);
    fuzz::require(same.is_ok() && same.value() == context.value(), "a context comes back");
  }
  message::try_record(input, context.is_ok() ? context.value() : message::usual_context());
  return 0;
}
