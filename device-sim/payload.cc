// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/payload.h"

namespace mongo_store::device_sim {

std::string payload_of(const std::string& uuid, const Reading& reading, Numbering numbering,
                       std::size_t padding_bytes) {
  const std::string number = R"("sequence": )" + std::to_string(reading.sequence);
  std::string value = std::to_string(reading.value);
  if (numbering == Numbering::kInValueToo) {
    value.insert(0, R"({"reading": )").append(", ").append(number).append("}");
  }
  std::string payload = R"({"uuid": ")" + uuid + R"(", "value": )" + value;
  if (numbering != Numbering::kNone) payload += ", " + number;
  if (padding_bytes > 0) payload += R"(, "padding": ")" + std::string(padding_bytes, 'x') + '"';
  return payload + "}";
}

}  // namespace mongo_store::device_sim
