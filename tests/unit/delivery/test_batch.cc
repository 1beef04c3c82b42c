// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/unit/delivery/test_batch.h"

#include <array>

#include "message/document_bytes.h"

namespace mongo_store::delivery {

message::DeliveryContext test_context() {
  message::Route route;
  route.database = "mongogw";
  route.collection = kDocuments;
  route.dead_letter_collection = kDeadLetters;
  route.payload_bytes_max = 1024 * 1024;
  return {"gateway-1", {route}};
}

ObjectId id_of(std::uint64_t n) {
  ObjectId id;
  id.bytes[0] = std::byte{0x65};
  for (int i = 0; i < 8; ++i) id.bytes[11 - i] = static_cast<std::byte>(n >> (8 * i));
  return id;
}

std::string good_payload(std::uint64_t n) {
  return text("{\"uuid\":\"device\",\"value\":", n, '}');
}

message::Publish test_publish(std::uint64_t n, std::string_view payload) {
  message::Publish publish;
  publish.id = id_of(n);
  publish.arrival_ms = 1'700'000'000'000 + static_cast<std::int64_t>(n);
  publish.qos = 1;
  publish.topic = "device/a";
  publish.client_id = "client";
  publish.payload = as_bytes(payload);
  publish.payload_bytes_total = static_cast<std::uint32_t>(payload.size());
  return publish;
}

std::string encoded_head(const message::Publish& publish) {
  std::array<std::byte, message::kPublishHeadBytesMax> head;
  const std::size_t bytes = message::encode_head(publish, head);
  return std::string(as_text(ByteView(head).first(bytes)));
}

std::string body_of(std::uint64_t n, std::string_view payload) {
  return encoded_head(test_publish(n, payload)) + std::string(payload);
}

ByteBuffer document_of(std::uint64_t n) {
  const std::string payload = good_payload(n);
  ByteBuffer document;
  (void)message::append_document(test_publish(n, payload), test_context(), document);
  return document;
}

journal::ReadBatch batch_of(const std::vector<std::string>& bodies) {
  journal::ReadBatch batch;
  batch.context = message::encode_context(test_context());
  for (const std::string& body : bodies) {
    const ByteView bytes = as_bytes(body);
    batch.bytes.insert(batch.bytes.end(), bytes.begin(), bytes.end());
  }
  std::size_t at = 0;
  for (const std::string& body : bodies) {
    const std::uint64_t n = batch.records.size() + 1;
    batch.records.push_back({n, id_of(n), ByteView(batch.bytes).subspan(at, body.size())});
    at += body.size();
  }
  batch.begin = {1, journal::kFirstRecordOffset, 1};
  batch.end = {1, journal::kFirstRecordOffset + at, bodies.size() + 1};
  if (!batch.records.empty()) batch.last_id = batch.records.back().id;
  return batch;
}

journal::ReadBatch good_batch(std::uint64_t count) {
  std::vector<std::string> bodies;
  for (std::uint64_t n = 1; n <= count; ++n) bodies.push_back(body_of(n, good_payload(n)));
  return batch_of(bodies);
}

}  // namespace mongo_store::delivery
