// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/message_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

#include "base/bytes.h"
#include "base/text.h"

namespace mongo_store::message {
namespace {

// Distinguishes a user from an anonymous client whose client id is that user's name.
constexpr std::byte kByClientId{0};
constexpr std::byte kByUsername{1};

constexpr std::size_t kSha256Bytes = 32;

Rejection too_long() {
  return {RejectionCode::kMessageIdTooLong,
          text("message id is longer than the maximum of ", kMessageIdBytesMax, " bytes")};
}

Rejection find_in_payload(const Route& route, const JsonTree& tree, std::string_view* message_id) {
  const cJSON* field = find_field(*tree.root, route.message_id_name.c_str());
  if (field == nullptr) return {};
  std::string_view found;
  if (cJSON_IsString(field)) {
    found = field->valuestring;
  } else if (cJSON_IsNumber(field)) {
    found = tree.numbers[static_cast<std::size_t>(field->valueint)];
  }
  const bool is_usable =
      cJSON_IsString(field) || (cJSON_IsNumber(field) && found.find_first_of(".eE") == found.npos);
  if (!is_usable) {
    return {RejectionCode::kMessageIdUnusable,
            text("field ", escaped(route.message_id_name, 64),
                 " can't be the message id: expected a string or a whole number")};
  }
  if (found.size() > kMessageIdBytesMax) return too_long();
  *message_id = found;
  return {};
}

// Each part follows its length. Otherwise "ab" + "c" and "a" + "bc" would give the same id.
void append_part(std::string_view part, ByteBuffer& to) {
  std::array<std::byte, sizeof(std::uint32_t)> length;
  store_le(length.data(), static_cast<std::uint32_t>(part.size()));
  to.insert(to.end(), length.begin(), length.end());
  const ByteView bytes = as_bytes(part);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

Rejection find_message_id(const Publish& publish, const Route& route, const JsonTree& tree,
                          std::string_view* message_id) {
  if (route.message_id_source == MessageIdSource::kPayload) {
    return find_in_payload(route, tree, message_id);
  }
  if (route.message_id_source == MessageIdSource::kProperty) {
    if (publish.is_message_id_cut) return too_long();
    *message_id = publish.message_id;
  }
  return {};
}

ObjectId message_document_id(const Publish& publish, std::string_view device_uid,
                             std::string_view message_id) {
  ByteBuffer named{publish.has_username ? kByUsername : kByClientId};
  append_part(publish.has_username ? publish.username : publish.client_id, named);
  append_part(device_uid, named);
  append_part(message_id, named);
  std::array<unsigned char, kSha256Bytes> digest;
  // With valid arguments, it fails only if memory runs out.
  if (EVP_Digest(named.data(), named.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  ObjectId id;
  std::copy_n(as_bytes({reinterpret_cast<const char*>(digest.data()), digest.size()}).begin(),
              ObjectId::kBytes, id.bytes.begin());
  return id;
}

}  // namespace mongo_store::message
