// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/unit/delivery/delivery_bench.h"

#include <span>

namespace mongo_store::delivery {

DeliveryBench::DeliveryBench(std::size_t documents_max, std::size_t bytes_max)
    : delivery({{{documents_max, bytes_max}, 1, 2, 1}, 0}, *session, shared) {}

DeliveryBench::~DeliveryBench() = default;

bool DeliveryBench::deliver(const journal::ReadBatch& batch) {
  open(batch);
  while (!stop.is_raised()) {
    advance();
    if (const OpenBatch* settled = delivery.close_settled()) {
      counts = settled->settled;
      return true;
    }
  }
  return false;
}

void DeliveryBench::open(const journal::ReadBatch& batch) {
  OpenBatch& spare = delivery.spare();
  spare.read = batch;
  for (journal::RecordView& record : spare.read.records) {  // make its views point into the copy
    const auto offset = record.body.data() - batch.bytes.data();
    record.body =
        ByteView(spare.read.bytes).subspan(static_cast<std::size_t>(offset), record.body.size());
  }
  (void)delivery.open_spare();
}

void DeliveryBench::advance() {
  delivery.work();
  clock.advance_ms(delivery.wait_ms());
}

std::vector<std::size_t> DeliveryBench::sent(const char* collection) const {
  std::vector<std::size_t> sizes;
  for (const auto& call : sink.calls()) {
    if (call.collection == collection) sizes.push_back(call.ids.size());
  }
  return sizes;
}

std::size_t DeliveryBench::times_sent(const char* collection, const ObjectId& id) const {
  std::size_t times = 0;
  for (const auto& call : sink.calls()) {
    if (call.collection != collection) continue;
    for (const ObjectId& sent_id : call.ids) times += sent_id == id ? 1 : 0;
  }
  return times;
}

bool DeliveryBench::is_stored(std::uint64_t n) const {
  const auto stored = sink.documents(kDocuments);
  const auto found = stored.find(id_of(n));
  return found != stored.end() && found->second == document_of(n);
}

bool DeliveryBench::is_dead_letter(std::uint64_t n) const {
  return sink.documents(kDeadLetters).count(id_of(n)) == 1;
}

bool DeliveryBench::is_dead_letter_of(std::uint64_t n, std::string_view reason) const {
  const auto letters = sink.documents(kDeadLetters);
  const auto found = letters.find(id_of(n));
  return found != letters.end() && as_text(found->second).find(reason) != std::string_view::npos;
}

std::string DeliveryBench::kept_payload(std::uint64_t n) {
  const auto file = memory.open(kept_payloads.path(id_of(n)));
  if (!file.is_ok()) return "";
  std::string content(file.value()->size().value(), '\0');
  (void)file.value()->read(0, std::as_writable_bytes(std::span(content)));
  return content;
}

}  // namespace mongo_store::delivery
