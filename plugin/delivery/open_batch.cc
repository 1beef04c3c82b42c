// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/open_batch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mongo_store::delivery {
namespace {

constexpr std::size_t kSparesMax = 2;

}  // namespace

void OpenBatch::compact(std::span<EncodedDocument* const> kept) {
  std::size_t bytes = 0;
  for (const EncodedDocument* document : kept) bytes += read.records[document->record].body.size();
  ByteBuffer bodies;
  bodies.reserve(bytes);  // it must not move, because views point into it
  std::vector<journal::RecordView> records;
  for (EncodedDocument* document : kept) {
    journal::RecordView record = read.records[document->record];
    const std::size_t offset = bodies.size();
    bodies.insert(bodies.end(), record.body.begin(), record.body.end());
    record.body = ByteView(bodies).subspan(offset, record.body.size());
    document->record = records.size();
    records.push_back(record);
  }
  encoded.compact(kept);
  read.records = std::move(records);
  read.bytes = std::move(bodies);
  settled_before = settled;
}

OpenBatch& OpenBatches::spare() {
  if (spares_.empty()) spares_.emplace_front(attempts_, slot_, log_);
  return spares_.front();
}

OpenBatch& OpenBatches::open_spare() noexcept {
  open_.splice(open_.end(), spares_, spares_.begin());
  OpenBatch& batch = open_.back();
  batch.place = std::prev(open_.end());
  batch.unsettled = batch.read.records.size();
  batch.settled_before = {};
  batch.settled_before.damaged = batch.read.damaged;
  batch.settled = batch.settled_before;
  unsettled_ += batch.unsettled;
  if (batch.unsettled == 0) ++settled_batches_;
  return batch;
}

void OpenBatches::settle(OpenBatch& batch, std::uint64_t journal::SettledCounts::*count) {
  ++(batch.settled.*count);
  --unsettled_;
  if (--batch.unsettled == 0) ++settled_batches_;
}

OpenBatch* OpenBatches::close_settled() {
  if (settled_batches_ == 0) return nullptr;
  const auto is_settled = [](const OpenBatch& batch) { return batch.unsettled == 0; };
  const auto at = std::ranges::find_if(open_, is_settled);
  --settled_batches_;
  spares_.splice(spares_.begin(), open_, at);
  if (spares_.size() > kSparesMax) spares_.pop_back();
  return &spares_.front();
}

void OpenBatches::unsettle_all() {
  unsettled_ = 0;
  settled_batches_ = 0;
  for (OpenBatch& batch : open_) {
    batch.settled = batch.settled_before;
    batch.unsettled = batch.read.records.size();
    unsettled_ += batch.unsettled;
    if (batch.unsettled == 0) ++settled_batches_;
  }
}

std::size_t OpenBatches::bytes() const {
  std::size_t bytes = 0;
  for (const OpenBatch& batch : open_) bytes += batch.bytes();
  return bytes;
}

}  // namespace mongo_store::delivery
