// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "device-sim/latency.h"
#include "device-sim/time.h"

namespace mongo_store::device_sim {

// The counts of all devices of a fleet.
struct Tally {
  std::size_t devices = 0;
  std::size_t connected = 0;  // at least once
  // The number of devices that never were, by the reason of their last failure. Set at the end.
  std::map<std::string, std::size_t> never_connected;
  std::uint64_t sent = 0;  // messages; a resend doesn't count
  std::uint64_t acknowledged = 0;
  std::uint64_t connections = 0;
  std::uint64_t reconnects = 0;
  Latency latency;  // from the first sending to the acknowledgement; only for QoS above 0
  TimePoint first_sent = kNever;
  TimePoint last_acknowledged = TimePoint::min();

  bool is_complete() const { return connected == devices && sent == acknowledged; }
  // Acknowledged messages per second, from the first sending to the last acknowledgement.
  double rate() const;
};

// Several lines, for people.
std::string summary_text(const Tally& tally);
// The same as one line of JSON; latencies are null if there are none.
std::string summary_json(const Tally& tally);

}  // namespace mongo_store::device_sim
