// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <bson/bson.h>

#include <algorithm>

#include "message/dead_letter.h"
#include "message/document_builder.h"
#include "tests/fuzz/fuzz_target.h"

// Any payload, with settings that its first byte chooses. The result must be a document that a
// server can store, or a reason. In both cases, a server must be able to store its dead letter.
namespace mongo_store::message {
namespace {

constexpr int kLevelsMax = 100;

int levels_below(const bson_iter_t& at) {
  bson_iter_t child;
  if (!bson_iter_recurse(&at, &child)) return 0;
  int deepest = 0;
  while (bson_iter_next(&child)) {
    if (BSON_ITER_HOLDS_DOCUMENT(&child) || BSON_ITER_HOLDS_ARRAY(&child)) {
      deepest = std::max(deepest, 1 + levels_below(child));
    }
  }
  return deepest;
}

int levels(const bson_t& document) {
  bson_iter_t field;
  int deepest = 1;
  fuzz::require(bson_iter_init(&field, &document), "the document can be read");
  while (bson_iter_next(&field)) {
    if (BSON_ITER_HOLDS_DOCUMENT(&field) || BSON_ITER_HOLDS_ARRAY(&field)) {
      deepest = std::max(deepest, 2 + levels_below(field));
    }
  }
  return deepest;
}

void require_storable(const bson_t& document) {
  fuzz::require(bson_validate(&document, BSON_VALIDATE_UTF8, nullptr), "it is valid BSON");
  fuzz::require(document.len <= kDocumentBytesMax, "it has at most 16 MiB");
  fuzz::require(levels(document) <= kLevelsMax, "it has at most 100 levels");
}

void require_one_line(const Rejection& rejection) {
  fuzz::require(!rejection.sentence.empty(), "a rejection has a sentence");
  for (const char c : rejection.sentence) {
    fuzz::require(c >= 0x20 && c < 0x7f, "a sentence is one line of ASCII");
  }
}

DeliveryContext context_of(std::uint8_t settings) {
  return {
      .gateway_id = "gateway",
      .routes = {Route{.database = "db",
                       .collection = "c",
                       .dead_letter_collection = "d",
                       .device_uid = (settings & 1) != 0 ? DeviceUid::kMatch : DeviceUid::kPayload,
                       .number_type = (settings & 2) != 0 ? NumberType::kDouble : NumberType::kAuto,
                       .has_metadata = (settings & 4) != 0,
                       .payload_bytes_max = 1 << 20,
                       .message_id_source =
                           (settings & 8) != 0 ? MessageIdSource::kPayload : MessageIdSource::kOff,
                       .message_id_name = "id",
                       .is_lenient = (settings & 16) != 0}}};
}

void try_payload(ByteView payload, const DeliveryContext& context) {
  Publish publish;
  publish.topic = "device/d1";
  publish.client_id = "client";
  publish.payload = payload;
  publish.payload_bytes_total = static_cast<std::uint32_t>(payload.size());
  bson_t document = BSON_INITIALIZER;
  const Rejection rejection = build_document(publish, context, &document);
  if (rejection.is_none()) {
    require_storable(document);
  } else {
    require_one_line(rejection);
  }
  bson_reinit(&document);
  build_dead_letter(publish, context, rejection, &document);
  require_storable(document);
  bson_destroy(&document);
}

}  // namespace
}  // namespace mongo_store::message

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace mongo_store;
  if (size == 0) return 0;
  const ByteView input(reinterpret_cast<const std::byte*>(bytes), size);
  // A payload that begins with '{' uses the settings that this character chooses, so that seeds can
  // be plain JSON.
  const bool has_settings =
      bytes[0] < 32 && bytes[0] != '\t' && bytes[0] != '\n' && bytes[0] != '\r';
  message::try_payload(input.subspan(has_settings ? 1 : 0),
                       message::context_of(has_settings ? bytes[0] : 0));
  return 0;
}
