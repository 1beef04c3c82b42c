// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/object_id.h"

#include "base/text.h"

namespace mongo_store {

std::uint32_t ObjectId::seconds() const {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

std::string ObjectId::hex() const {
  std::string out;
  out.reserve(2 * kBytes);
  for (const std::byte byte : bytes) append_hex(out, std::to_integer<unsigned char>(byte));
  return out;
}

}  // namespace mongo_store
