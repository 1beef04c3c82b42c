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

// What a Client tells, always within one of the calls to it: the listener notes it, and neither
// calls the client back nor destroys it before that call has returned.
class ClientListener {
 public:
  virtual ~ClientListener() = default;
  // refusal is empty when the broker accepted the connection. A lasting one is about who we are or
  // what we speak: asking again is no use.
  virtual void on_connack(const std::string& refusal, bool is_lasting) = 0;
  // The socket is closed, by whomever; perhaps told more than once. A lasting reason is as above.
  virtual void on_closed(const std::string& reason, bool is_lasting) = 0;
  // QoS 0: handed to the socket. Else the broker's final answer, which only MQTT 5 can make a
  // refusal: the message is then no longer the library's.
  virtual void on_published(int mid, bool is_refused) = 0;
  // The broker has read all that was sent before ask_whether_read().
  virtual void on_answered() = 0;
};

enum class PublishOutcome {
  kKept,      // the library has it and, with QoS above 0, sends it until it is acknowledged
  kCutShort,  // as above, but the connection is broken: drop() it
  kRejected,  // can't be sent at all; error() says why
};

// One MQTT connection after another under one client id: libmosquitto's handle, driven by its
// owner's event loop. No call waits for the network.
class Client {
 public:
  // The login, the listener and, unless it is null, tls outlive it.
  Client(const Options& options, const Login& login, Tls* tls, const std::string& id,
         bool is_clean_session, ClientListener& listener);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Begins to connect. False: it failed at once, on_closed isn't called, error() says why.
  bool connect(const std::string& numeric_address, int port);
  // Only between an accepting on_connack and on_closed; mid is set in every case.
  // A message id that isn't empty goes as the user property that the options name.
  PublishOutcome publish(const std::string& topic, const std::string& payload, int qos,
                         const std::string& message_id, int& mid);
  // Asks for an answer, by an UNSUBSCRIBE of this topic, which nobody has subscribed to.
  void ask_whether_read(const std::string& topic);
  // Sends DISCONNECT; on_closed follows. With MQTT 5 it also ends the session.
  void disconnect();
  // Breaks the connection off; on_closed follows when the socket is read.
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
