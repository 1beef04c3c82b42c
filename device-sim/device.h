// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "device-sim/address.h"
#include "device-sim/backoff.h"
#include "device-sim/client.h"
#include "device-sim/ledger.h"
#include "device-sim/options.h"
#include "device-sim/summary.h"
#include "device-sim/time.h"

namespace mongo_store::device_sim {

// The state that the devices of a fleet share. It must outlive them.
struct Surroundings {
  const Options& options;
  const Address& address;
  Tally& tally;
  Random& random;
  Ledger& ledger;  // if it isn't open, nothing is recorded
  Tls* tls;        // null: without TLS
};

// One simulated device: connects, publishes at its pace, reconnects when the connection fails, and
// at the end leaves no session in the broker. The owner calls it when its socket is ready or its
// time has come, and reads socket(), wants_write() and next_time() after each call. It can't be
// moved. At most kUnacknowledgedMax of its messages wait for their acknowledgement.
class Device : private ClientListener {
 public:
  // The default of Mosquitto and libmosquitto: a broker may drop messages beyond it.
  static constexpr std::size_t kUnacknowledgedMax = 20;

  // It first connects at first_connect, and sends its first message `lead` after it is connected.
  // The login must outlive it.
  Device(const Surroundings& surroundings, const Login& login, TimePoint first_connect,
         Duration lead);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() override = default;

  void on_time(TimePoint now);
  void on_readable(TimePoint now);
  void on_writable(TimePoint now);
  void keep_alive(TimePoint now);
  // Sends no new messages from now on, and leaves once all are acknowledged.
  void stop(TimePoint now);

  int socket() const { return client_.has_value() ? client_->socket() : -1; }
  // Increases with each socket: a new socket may have the number of an old one.
  std::uint64_t socket_generation() const { return attempts_; }
  bool wants_write() const { return client_.has_value() && client_->wants_write(); }
  TimePoint next_time() const;

  bool is_down() const { return is_down_; }  // has lost its connection, or can't get one
  bool is_connected() const { return state_ == State::kActive; }
  bool is_gone() const { return state_ == State::kGone; }
  bool was_connected() const { return was_accepted_; }
  // It has sent all its messages; some may not be acknowledged yet.
  bool has_sent_all() const;
  const std::string& last_failure() const { return last_failure_; }
  // Why it was never connected, in the same words for all devices with the same failure.
  std::string why_never_connected() const;
  // Why it is useless to continue; empty otherwise.
  const std::string& fatal_error() const { return fatal_error_; }

 private:
  enum class State { kWaiting, kConnecting, kActive, kLeaving, kGone };

  struct Message {
    int mid;
    int value;
    TimePoint first_sent;
    std::uint64_t sequence = 0;
    std::int64_t first_sent_ms = 0;  // since the epoch
    std::uint32_t sends = 0;
  };

  void on_connack(const std::string& refusal, bool is_lasting) override;
  void on_closed(const std::string& reason, bool is_lasting) override;
  void on_published(int mid, bool is_refused) override;
  void on_answered() override;

  void make_client(bool is_clean_session);
  void advance(TimePoint now);
  void connect(TimePoint now);
  void begin_forgetting(TimePoint now);
  void leave(TimePoint now);
  bool would_cut_itself_off() const;
  void give_up_connection();
  void handle_accepted(TimePoint now);
  void handle_closed(TimePoint now);
  void wait_after(const std::string& failure, TimePoint now);
  bool may_publish(TimePoint now) const;
  void publish_due(TimePoint now);
  bool publish_one(TimePoint now);  // false: the connection is broken
  Message next_message(TimePoint now);
  std::string message_id_of(const Message& message) const;
  bool note_send(Message& message);  // false: the ledger can't be written
  bool record(const Message& message, std::optional<std::int64_t> acknowledged_ms);
  void acknowledge(const Message& message, bool is_refused);
  void pace(TimePoint now);
  bool is_finished() const;

  void end_if(bool is_failure_lasting);
  std::string named(const std::string& failure) const;

  const Surroundings* surroundings_;
  const Login* login_;
  std::string uuid_;
  std::string topic_;
  std::optional<Client> client_;
  State state_ = State::kWaiting;
  TimePoint wake_at_;    // in every state except kActive and kGone
  TimePoint next_send_;  // starts `lead` after the first connection
  Duration lead_;
  std::uint64_t attempts_ = 0;
  std::uint64_t sent_ = 0;
  Backoff connect_backoff_;
  Backoff publish_backoff_;
  TimePoint connected_at_ = kNever;
  std::vector<Message> unacknowledged_;  // QoS above 0, in the order of sending
  std::size_t unwritten_ = 0;            // QoS 0: not yet handed to the socket
  std::deque<Message> refused_;          // by the broker (MQTT 5): will be published again
  std::string last_failure_;
  std::string fatal_error_;
  bool has_event_accepted_ = false;  // the library's events, until advance() handles them
  bool has_event_closed_ = false;
  bool has_event_answered_ = false;
  bool was_accepted_ = false;  // the broker may hold a session
  bool is_stopping_ = false;
  bool is_forgetting_ = false;  // the connection that ends the session (before MQTT 5)
  bool is_down_ = false;
};

}  // namespace mongo_store::device_sim
