// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/uuid.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace mongo_store::device_sim {

std::string make_uuid(Random& random) {
  const std::uint64_t high = (random() & ~0xF000ULL) | 0x4000ULL;                     // version 4
  const std::uint64_t low = (random() & ~(3ULL << 62U)) | (std::uint64_t{2} << 62U);  // RFC 4122
  std::array<char, 37> text{};
  (void)std::snprintf(
      text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32U),
      static_cast<unsigned>(high >> 16U & 0xFFFF), static_cast<unsigned>(high & 0xFFFF),
      static_cast<unsigned>(low >> 48U), static_cast<unsigned long long>(low & 0xFFFFFFFFFFFFULL));
  return text.data();
}

}  // namespace mongo_store::device_sim
