// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/interceptor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "message/publish.h"

namespace mongo_store::broker {
namespace {

// If more than this part of the journal's bound is used, QoS 0 is passed on but not kept. Otherwise
// a flood of it would fill the space that acknowledged messages need.
constexpr std::uint64_t kQos0Percent = 70;
constexpr std::int64_t kLogIntervalMs = 1000;

std::string_view text_or_empty(const char* maybe) {
  return maybe == nullptr ? std::string_view() : std::string_view(maybe);
}

// In milliseconds. An identifier has whole seconds, so the message arrived within that second.
std::int64_t end_of_second(const ObjectId& id) { return std::int64_t{id.seconds()} * 1000 + 999; }

}  // namespace

Interceptor::Interceptor(Settings settings, journal::Journal& journal, const Clock& clock,
                         Logger& logger)
    : topics_(settings.topics),
      settings_(std::move(settings)),
      qos0_bytes_max_(journal.bytes_max() / 100 * kQos0Percent),
      is_broker_2_1_(is_broker_2_1()),
      journal_(journal),
      clock_(clock),
      logger_(logger),
      ids_(journal.recovered_last_id(), 0),  // the first message raises it to its own time
      arrival_clock_({.build_ms = settings_.build_ms,
                      .journal_ms = end_of_second(journal.recovered_last_id()),
                      .is_steady = settings_.is_clock_steady},
                     clock, logger),
      notices_(settings_.topics, settings_.has_message_ids, clock.monotonic_ms()) {}

int Interceptor::on_message(const mosquitto_evt_message& event) {
  if (event.topic == nullptr) return MOSQ_ERR_SUCCESS;
  if (!topics_.matches(event.topic)) {
    notices_.note_unmatched(event.topic);
    return MOSQ_ERR_SUCCESS;
  }
  ++counts_.received;
  if (is_ignored(event)) {
    ++counts_.ignored;
    return MOSQ_ERR_SUCCESS;
  }
  if (event.qos == 0 && journal_.occupied_bytes() > qos0_bytes_max_) {
    ++counts_.unkept;
    return MOSQ_ERR_SUCCESS;
  }
  if (event.qos == 2) notices_.note_qos2();
  last_outcome_ = append(event);
  if (last_outcome_ == journal::AppendOutcome::kAppended) {
    ++counts_.appended;
    return MOSQ_ERR_SUCCESS;
  }
  return refuse(event);
}

// An empty retained message clears the one that the broker retains. A bridge receives all retained
// messages of the other broker each time it connects. Only a bridge has no address.
bool Interceptor::is_ignored(const mosquitto_evt_message& event) const {
  if (!event.retain) return false;
  if (event.payloadlen == 0) return true;
  return settings_.skips_bridged_retained && event.client != nullptr &&
         mosquitto_client_address(event.client) == nullptr;
}

journal::AppendOutcome Interceptor::append(const mosquitto_evt_message& event) {
  const std::int64_t now_ms = arrival_clock_.now_ms();
  message::Publish publish;
  publish.id = ids_.next(now_ms);
  publish.arrival_ms = now_ms;
  publish.qos = event.qos;
  publish.is_retain = event.retain;
  publish.topic = event.topic;
  publish.payload_bytes_total = event.payloadlen;
  if (event.client != nullptr) {
    const char* username = mosquitto_client_username(event.client);
    publish.has_username = username != nullptr;
    publish.username = text_or_empty(username);
    publish.client_id = text_or_empty(mosquitto_client_id(event.client));
  }
  std::array<char, message::kMessageIdBytesMax + 1> message_id;  // one more, to detect a longer one
  if (settings_.message_id) {
    publish.message_id = settings_.message_id->find(event.properties, message_id);
  }
  std::array<std::byte, message::kPublishHeadBytesMax> head;
  const std::size_t head_bytes = message::encode_head(publish, head);
  const std::size_t kept =
      event.payloadlen > settings_.payload_bytes_max
          ? std::min<std::size_t>(event.payloadlen, message::kTruncatedPayloadBytes)
          : event.payloadlen;
  const ByteView payload(static_cast<const std::byte*>(event.payload), kept);
  return journal_.append(publish.id, ByteView(head).first(head_bytes), payload);
}

// Mosquitto can't tell a v3.1.1 client "no": it answers "denied" and "quota" with a normal PUBACK.
// Any other error closes the connection without a PUBACK, and the client sends again later. A v5
// client on 2.1 gets reason code 0x97.
int Interceptor::refuse(const mosquitto_evt_message& event) {
  if (event.qos == 0) {
    ++counts_.unkept;
    return MOSQ_ERR_SUCCESS;
  }
  ++counts_.refused;
  const bool is_v5 =
      event.client != nullptr && mosquitto_client_protocol_version(event.client) == 5;
  return is_v5 && is_broker_2_1_ ? kQuotaExceeded : int{MOSQ_ERR_UNKNOWN};
}

void Interceptor::log_notices(std::int64_t monotonic_ms) {
  notices_.log_new(monotonic_ms, counts_.received, logger_);
  arrival_clock_.check(monotonic_ms);
}

void Interceptor::log_changes() {
  if (last_outcome_ == logged_outcome_) return;
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (now_ms < next_log_ms_) return;
  next_log_ms_ = now_ms + kLogIntervalMs;
  logged_outcome_ = last_outcome_;
  switch (logged_outcome_) {
    case journal::AppendOutcome::kAppended:
      logger_.log(LogLevel::kNotice, "journal: messages are accepted again");
      return;
    case journal::AppendOutcome::kBoundReached:
      logger_.log(LogLevel::kError,
                  text("journal: full (", journal_.used_bytes(), " of ", journal_.bytes_max(),
                       " bytes, journal_max_bytes); QoS 1 and 2 are refused and QoS 0 is not kept "
                       "until MongoDB stores pending messages"));
      return;
    case journal::AppendOutcome::kDiskFull:
      logger_.log(LogLevel::kError,
                  text("journal: no room on the disk (", journal_.disk_free_bytes(),
                       " bytes free, a segment needs ", journal::kSegmentBytes,
                       "; the journal has ", journal_.used_bytes(), " of ", journal_.bytes_max(),
                       ", journal_max_bytes); QoS 1 and 2 are refused and QoS 0 is not kept until "
                       "there is free space on the disk or in its quota"));
      return;
    case journal::AppendOutcome::kDiskFailed:
      logger_.log(LogLevel::kError,
                  text("journal: the disk failed", journal_.last_failure().is_ok() ? "" : ": ",
                       journal_.last_failure().message(),
                       "; QoS 1 and 2 are refused and QoS 0 is not kept until it works again"));
      return;
  }
}

}  // namespace mongo_store::broker
