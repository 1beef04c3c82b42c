// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/text.h"
#include "journal/reader.h"
#include "message/delivery_context.h"
#include "message/publish.h"

namespace mongo_store::delivery {

inline constexpr const char* kDocuments = "devices";
inline constexpr const char* kDeadLetters = "devices_dead_letter";

message::DeliveryContext test_context();

ObjectId id_of(std::uint64_t n);

std::string good_payload(std::uint64_t n);

// A publish with the fields that the broker's thread sets; `payload` must outlive it.
message::Publish test_publish(std::uint64_t n, std::string_view payload);

std::string encoded_head(const message::Publish& publish);

std::string body_of(std::uint64_t n, std::string_view payload);

// The document that good_payload(n) must become.
ByteBuffer document_of(std::uint64_t n);

// A batch as the journal returns it. Record i has id_of(i + 1).
journal::ReadBatch batch_of(const std::vector<std::string>& bodies);

journal::ReadBatch good_batch(std::uint64_t count);

}  // namespace mongo_store::delivery
