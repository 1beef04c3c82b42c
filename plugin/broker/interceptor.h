// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logger.h"
#include "base/object_id_generator.h"
#include "broker/arrival_clock.h"
#include "broker/mosquitto_api.h"
#include "broker/topic_matcher.h"
#include "broker/traffic_notices.h"
#include "broker/user_property.h"
#include "journal/journal.h"
#include "metrics/registry.h"

namespace mongo_store::broker {

// Handles each publish on the broker's thread: match, stamp, append, return. It never changes the
// message. The broker's thread only. The journal, the clock and the logger must outlive it.
class Interceptor {
 public:
  struct Counts {  // since the broker's start; received = appended + refused + unkept + ignored
    std::uint64_t received = 0;
    std::uint64_t appended = 0;
    std::uint64_t refused = 0;
    std::uint64_t unkept = 0;
    std::uint64_t ignored = 0;
  };
  struct Settings {
    std::vector<std::string> topics;
    std::uint32_t payload_bytes_max = 0;
    bool skips_bridged_retained = false;
    bool has_message_ids = false;
    bool is_clock_steady = false;
    std::int64_t build_ms = 0;               // UTC; a clock that shows an earlier time is wrong
    std::optional<UserProperty> message_id;  // with the id, if not in the payload
  };

  Interceptor(Settings settings, journal::Journal& journal, const Clock& clock, Logger& logger);

  // Returns the result for MOSQ_EVT_MESSAGE: MOSQ_ERR_SUCCESS, or a refusal that no client can
  // mistake for an acknowledgement.
  int on_message(const mosquitto_evt_message& event);
  // Logs that the journal no longer accepts messages, or accepts them again. At most once a second,
  // because near the bound a small message may still fit. Not called while a message is handled.
  void log_changes();
  // Logs what the traffic shows about the options, and problems with the clock. Not called while a
  // message is handled.
  void log_notices(std::int64_t monotonic_ms);
  bool is_clock_suspect() const { return arrival_clock_.is_suspect(); }

  const Counts& counts() const { return counts_; }

 private:
  bool is_ignored(const mosquitto_evt_message& event) const;
  int refuse(const mosquitto_evt_message& event);
  journal::AppendOutcome append(const mosquitto_evt_message& event);

  const TopicMatcher topics_;
  const Settings settings_;
  const std::uint64_t qos0_bytes_max_;  // the limit up to which QoS 0 is kept
  const bool is_broker_2_1_;
  journal::Journal& journal_;
  const Clock& clock_;
  Logger& logger_;
  ObjectIdGenerator ids_;
  ArrivalClock arrival_clock_;
  TrafficNotices notices_;
  Counts counts_;
  journal::AppendOutcome last_outcome_ = journal::AppendOutcome::kAppended;
  journal::AppendOutcome logged_outcome_ = journal::AppendOutcome::kAppended;
  std::int64_t next_log_ms_ = 0;
};

}  // namespace mongo_store::broker
