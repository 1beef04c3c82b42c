// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "device-sim/logins.h"
#include "device-sim/options.h"
#include "device-sim/tls.h"

struct mosquitto;
struct mqtt5__property;
struct ssl_st;

namespace mongo_store::device_sim {

// Called by a Client, always during a call to that client. The listener must neither call the
// client nor destroy it before that call has returned.
class ClientListener {
 public:
  virtual ~ClientListener() = default;
  // refusal is empty if the broker accepted the connection. A lasting refusal concerns the
  // credentials or the protocol: trying again is useless.
  virtual void on_connack(const std::string& refusal, bool is_lasting) = 0;
  // The socket is closed, by either side; may be called more than once. A lasting reason is as
  // above.
  virtual void on_closed(const std::string& reason, bool is_lasting) = 0;
  // QoS 0: the message was handed to the socket. Otherwise the broker gave its final answer. Only
  // in MQTT 5 can it be a refusal; the library then no longer sends the message.
  virtual void on_published(int mid, bool is_refused) = 0;
  // The broker has read all that was sent before ask_whether_read().
  virtual void on_answered() = 0;
};

enum class PublishOutcome {
  kKept,      // the library keeps it and, with QoS above 0, sends it until it is acknowledged
  kCutShort,  // as above, but the connection is broken: call drop()
  kRejected,  // it can't be sent at all; error() says why
};

// Consecutive MQTT connections under one client id: a libmosquitto handle that the owner's event
// loop drives. No call waits for the network.
class Client {
 public:
  // The login, the listener and, unless it is null, tls must outlive it.
  Client(const Options& options, const Login& login, Tls* tls, const std::string& id,
         bool is_clean_session, ClientListener& listener);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Starts to connect. False: it failed at once; error() says why, and on_closed isn't called.
  bool connect(const std::string& numeric_address, int port);
  // Call it only between a successful on_connack and on_closed. Always sets mid. A message id that
  // isn't empty is sent as the user property that the options name.
  PublishOutcome publish(const std::string& topic, const std::string& payload, int qos,
                         const std::string& message_id, int& mid);
  // Sends an UNSUBSCRIBE for this topic, without a subscription, to get an answer.
  void ask_whether_read(const std::string& topic);
  // Sends DISCONNECT; on_closed follows. In MQTT 5 it also ends the session.
  void disconnect();
  // Breaks the connection; on_closed follows when the socket is read.
  void drop();

  void read();
  void write();
  void keep_alive();   // call every few seconds
  int socket() const;  // -1: none
  bool wants_write() const;
  const std::string& error() const { return error_; }
  bool is_error_lasting() const { return is_error_lasting_; }  // of connect()

 private:
  struct Deleter {
    void operator()(mosquitto* handle) const;
  };

  static void on_connack(mosquitto*, void* client, int code, int, const mqtt5__property*);
  static void on_closed(mosquitto*, void* client, int code, const mqtt5__property*);
  static void on_published(mosquitto*, void* client, int mid, int code, const mqtt5__property*);
  static void on_unsubscribed(mosquitto*, void* client, int mid);

  void set_login(const Login& login);
  void set_session_expiry();
  void set_callbacks();
  void begin();
  void tell_closed(int code);
  ssl_st* handshake() const;
  std::string reason_of(int code) const;

  ClientListener* listener_;
  Tls* tls_;
  const Identity* identity_;
  bool is_v5_;
  std::string message_id_property_;
  std::string error_;
  bool is_error_lasting_ = false;
  std::unique_ptr<mosquitto, Deleter> handle_;
};

}  // namespace mongo_store::device_sim
