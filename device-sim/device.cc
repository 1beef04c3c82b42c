// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/device.h"

#include <algorithm>

#include "device-sim/payload.h"
#include "device-sim/uuid.h"

namespace mongo_store::device_sim {
namespace {

using std::chrono::seconds;

// The longest wait for the broker's answer to CONNECT, and for the socket to close after
// DISCONNECT.
constexpr seconds kAnswerDeadline{10};
// After a connection of at least this length, the next pause is short again.
constexpr seconds kGoodConnection{5};
// A late device catches up by at most this much. It sends the rest later; nothing is lost.
constexpr seconds kCatchUpMax{1};

std::int64_t wall_clock_ms() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

}  // namespace

Device::Device(const Surroundings& surroundings, const Login& login, TimePoint first_connect,
               Duration lead)
    : surroundings_(&surroundings),
      login_(&login),
      uuid_(login.device.empty() ? make_uuid(surroundings.random) : login.device),
      topic_("device/" + uuid_),
      wake_at_(first_connect),
      next_send_(first_connect),
      lead_(lead) {
  unacknowledged_.reserve(kUnacknowledgedMax);
  make_client(false);
}

void Device::make_client(bool is_clean_session) {
  ClientListener& listener = *this;
  client_.emplace(surroundings_->options, *login_, surroundings_->tls, uuid_, is_clean_session,
                  listener);
}

void Device::on_time(TimePoint now) {
  switch (state_) {
    case State::kWaiting: connect(now); break;
    case State::kConnecting:
    case State::kLeaving: give_up_connection(); break;
    case State::kActive: publish_due(now); break;
    case State::kGone: break;
  }
  advance(now);
}

void Device::on_readable(TimePoint now) {
  client_->read();
  advance(now);
}

void Device::on_writable(TimePoint now) {
  client_->write();
  advance(now);
}

void Device::keep_alive(TimePoint now) {
  if (socket() < 0) return;
  client_->keep_alive();
  advance(now);
}

void Device::stop(TimePoint now) {
  is_stopping_ = true;
  if (state_ == State::kWaiting && !was_accepted_) state_ = State::kGone;
  advance(now);
}

TimePoint Device::next_time() const {
  switch (state_) {
    case State::kGone: return kNever;
    case State::kActive: return may_publish(next_send_) ? next_send_ : kNever;
    default: return wake_at_;
  }
}

bool Device::has_sent_all() const {
  const std::uint64_t messages = surroundings_->options.messages;
  return is_stopping_ || (messages > 0 && sent_ >= messages);
}

bool Device::is_finished() const {
  return has_sent_all() && unacknowledged_.empty() && refused_.empty() && unwritten_ == 0;
}

// The library's handle must not be replaced during its own call. Therefore its callbacks only set
// flags, and this function handles them.
void Device::advance(TimePoint now) {
  for (;;) {
    if (has_event_closed_) {
      has_event_closed_ = has_event_accepted_ = has_event_answered_ = false;
      handle_closed(now);
    } else if (has_event_accepted_) {
      has_event_accepted_ = false;
      handle_accepted(now);
    } else if (has_event_answered_) {
      has_event_answered_ = false;
      client_->disconnect();
    } else if (state_ == State::kActive && is_finished()) {
      leave(now);
    } else {
      return;
    }
  }
}

void Device::connect(TimePoint now) {
  const std::string address = surroundings_->address.at(attempts_++);
  last_failure_.clear();
  if (address.empty()) return wait_after(surroundings_->address.error(), now);
  if (!client_->connect(address, surroundings_->address.port())) {
    last_failure_ = named(client_->error());
    end_if(client_->is_error_lasting());
    return wait_after(last_failure_, now);
  }
  state_ = State::kConnecting;
  wake_at_ = now + kAnswerDeadline;
}

void Device::give_up_connection() {
  last_failure_ = "no answer in time";
  wake_at_ = kNever;
  client_->drop();
}

void Device::handle_accepted(TimePoint now) {
  Tally& tally = surroundings_->tally;
  ++tally.connections;
  if (was_accepted_ && !is_forgetting_) ++tally.reconnects;
  if (!was_accepted_) {
    ++tally.connected;
    next_send_ = now + lead_;
  }
  was_accepted_ = true;
  is_down_ = false;
  connected_at_ = now;
  state_ = State::kActive;
  if (is_forgetting_) leave(now);
}

void Device::leave(TimePoint now) {
  state_ = State::kLeaving;
  wake_at_ = now + kAnswerDeadline;
  would_cut_itself_off() ? client_->ask_whether_read(topic_) : client_->disconnect();
}

// The connection that ends the session replaces this one. The broker then loses what it hasn't read
// from this one, and QoS 0 messages get no answer.
bool Device::would_cut_itself_off() const {
  const Options& options = surroundings_->options;
  return options.qos == 0 && options.protocol != Protocol::kV5 && !is_forgetting_;
}

void Device::handle_closed(TimePoint now) {
  unwritten_ = 0;
  if (state_ != State::kLeaving) return wait_after(last_failure_, now);
  if (is_forgetting_ || surroundings_->options.protocol == Protocol::kV5) {
    state_ = State::kGone;
    client_.reset();
    return;
  }
  begin_forgetting(now);
}

// Before MQTT 5, a connection with clean session true ends the session.
void Device::begin_forgetting(TimePoint now) {
  is_forgetting_ = true;
  make_client(true);
  connect(now);
}

void Device::wait_after(const std::string& failure, TimePoint now) {
  const bool was_good = state_ == State::kActive && now - connected_at_ >= kGoodConnection;
  if (was_good) connect_backoff_.reset();
  last_failure_ = failure;
  is_down_ = true;
  state_ = is_stopping_ && !was_accepted_ ? State::kGone : State::kWaiting;
  wake_at_ = now + connect_backoff_.next(surroundings_->random);
}

bool Device::may_publish(TimePoint now) const {
  return state_ == State::kActive && !has_event_closed_ && fatal_error_.empty() &&
         now >= next_send_ && unacknowledged_.size() + unwritten_ < kUnacknowledgedMax &&
         (!refused_.empty() || !has_sent_all());
}

// Bounded, so that a device without pauses doesn't block the others.
void Device::publish_due(TimePoint now) {
  for (std::size_t i = 0; i < kUnacknowledgedMax && may_publish(now); ++i) {
    if (!publish_one(now)) return;
  }
}

bool Device::publish_one(TimePoint now) {
  Message message = next_message(now);
  pace(now);
  const Options& options = surroundings_->options;
  const int qos = options.qos;
  if (!note_send(message)) return false;
  if (qos == 0) ++unwritten_;
  const std::string payload = payload_of(uuid_, {message.value, message.sequence},
                                         *options.numbering, options.padding_bytes);
  const PublishOutcome outcome =
      client_->publish(topic_, payload, qos, message_id_of(message), message.mid);
  if (outcome == PublishOutcome::kRejected) {
    fatal_error_ = "can't publish: " + client_->error();
    return false;
  }
  if (qos > 0) unacknowledged_.push_back(message);
  if (outcome == PublishOutcome::kCutShort) client_->drop();
  return outcome == PublishOutcome::kKept;
}

Device::Message Device::next_message(TimePoint now) {
  if (!refused_.empty()) {
    const Message message = refused_.front();
    refused_.pop_front();
    return message;
  }
  std::uniform_int_distribution<int> values(20, 30);
  ++sent_;
  ++surroundings_->tally.sent;
  surroundings_->tally.first_sent = std::min(surroundings_->tally.first_sent, now);
  const std::uint64_t sequence = *surroundings_->options.first_sequence + sent_ - 1;
  return {0, values(surroundings_->random), Clock::now(), sequence, wall_clock_ms(), 0};
}

std::string Device::message_id_of(const Message& message) const {
  const bool has_id = !surroundings_->options.message_id_property.empty();
  return has_id ? std::to_string(message.sequence) : "";
}

// Called before sending: the ledger has every message that can reach a broker.
bool Device::note_send(Message& message) {
  ++message.sends;
  return record(message, std::nullopt);
}

bool Device::record(const Message& message, std::optional<std::int64_t> acknowledged_ms) {
  Ledger& ledger = surroundings_->ledger;
  if (!ledger.is_open()) return true;
  const bool is_recorded =
      ledger.record({uuid_, message.sequence, surroundings_->options.qos, message.first_sent_ms,
                     acknowledged_ms, message.sends, message_id_of(message)});
  if (!is_recorded) fatal_error_ = ledger.error();
  return is_recorded;
}

void Device::pace(TimePoint now) {
  const Duration period = surroundings_->options.period;
  next_send_ += period;
  if (next_send_ < now - kCatchUpMax) next_send_ = now + period;
}

void Device::on_connack(const std::string& refusal, bool is_lasting) {
  if (refusal.empty()) {
    has_event_accepted_ = true;
    // The library sends them again as soon as this function returns.
    for (Message& message : unacknowledged_) (void)note_send(message);
    return;
  }
  last_failure_ = named(refusal);
  end_if(is_lasting);
}

void Device::on_closed(const std::string& reason, bool is_lasting) {
  has_event_closed_ = true;
  if (last_failure_.empty()) last_failure_ = named(reason);
  end_if(is_lasting);
}

// Until a device has been accepted, a lasting failure is assumed to concern all devices.
void Device::end_if(bool is_failure_lasting) {
  if (is_failure_lasting && surroundings_->tally.connections == 0) fatal_error_ = last_failure_;
}

std::string Device::why_never_connected() const {
  if (attempts_ == 0) return "the run ended before its first attempt";
  if (last_failure_.empty()) return "no answer yet";
  const std::string name = named("");
  return last_failure_.starts_with(name) ? last_failure_.substr(name.size()) : last_failure_;
}

// Devices with their own logins fail individually.
std::string Device::named(const std::string& failure) const {
  return login_->device.empty() ? failure : "device " + uuid_ + ": " + failure;
}

void Device::on_published(int mid, bool is_refused) {
  if (surroundings_->options.qos == 0) {
    --unwritten_;
    ++surroundings_->tally.acknowledged;
    surroundings_->tally.last_acknowledged = Clock::now();
    return;
  }
  const auto found = std::find_if(unacknowledged_.begin(), unacknowledged_.end(),
                                  [mid](const Message& message) { return message.mid == mid; });
  if (found == unacknowledged_.end()) return;
  const Message message = *found;
  unacknowledged_.erase(found);
  acknowledge(message, is_refused);
}

void Device::on_answered() { has_event_answered_ = true; }

void Device::acknowledge(const Message& message, bool is_refused) {
  const TimePoint now = Clock::now();
  if (is_refused) {
    refused_.push_back(message);
    next_send_ = std::max(next_send_, now + publish_backoff_.next(surroundings_->random));
    return;
  }
  (void)record(message, wall_clock_ms());
  Tally& tally = surroundings_->tally;
  ++tally.acknowledged;
  tally.last_acknowledged = now;
  tally.latency.add(
      std::chrono::duration_cast<std::chrono::microseconds>(now - message.first_sent));
  publish_backoff_.reset();
  connect_backoff_.reset();
}

}  // namespace mongo_store::device_sim
