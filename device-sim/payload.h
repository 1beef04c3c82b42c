// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "device-sim/options.h"

namespace mongo_store::device_sim {

struct Reading {
  int value = 0;
  std::uint64_t sequence = 0;
};

// The JSON that a device publishes. Its last field has padding_bytes characters (0: no such field).
std::string payload_of(const std::string& uuid, const Reading& reading, Numbering numbering,
                       std::size_t padding_bytes);

}  // namespace mongo_store::device_sim
