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

// What the broker's thread does with each publish: match, stamp, append, return. Never changes the
// message. The broker's thread only; journal, clock and logger outlive it.
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
    std::int64_t build_ms = 0;               // UTC; no clock that says less is right
    std::optional<UserProperty> message_id;  // where a message's id is, unless in its payload
  };

  Interceptor(Settings settings, journal::Journal& journal, const Clock& clock, Logger& logger);

  // What to return from MOSQ_EVT_MESSAGE: MOSQ_ERR_SUCCESS, or a refusal that no client takes for
  // an acknowledgement.
  int on_message(const mosquitto_evt_message& event);
  // Logs that the journal stopped taking messages, or takes them again; at most once a second (near
  // the bound a small message may still find room), and not while one is handled.
  void log_changes();
  // Logs what the traffic shows of the options, and what is wrong with the clock; not while a
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
  const std::uint64_t qos0_bytes_max_;  // QoS 0 is kept up to here
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
