// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/status.h"
#include "tests/support/scripted_mongod/connection.h"
#include "tests/support/scripted_mongod/node.h"
#include "tests/support/scripted_mongod/stream.h"
#include "tests/support/scripted_mongod/tls_stream.h"

namespace mongo_store::scripted {

struct ServerOptions {
  std::uint16_t port = 0;       // 0: any free one
  std::string advertised_host;  // the name that other hosts use for it; empty: loopback only
  NodeOptions node;
  std::string tls_certificate_key_file;  // empty: no TLS
  std::string tls_ca_file;               // empty: no client certificate is asked for
};

// A stand-in for mongod on 127.0.0.1, or on every address if it advertises a name. It is one node
// with a thread for each connection. Its threads block all signals. The destructor closes every
// connection and waits for the threads.
class Server {
 public:
  // It is listening when this returns. Fails if the port is in use or a file is unusable.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
  ~Server() { stop(); }
  // Closes every connection and waits for the threads. Its data remain.
  void stop() EXCLUDES(door_mutex_, mutex_);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "HOST:PORT", with its advertised name.
  const std::string& address() const { return node_.address; }
  // Refuses new connections, as if nothing were listening, or accepts them again. False: the port
  // is no longer available.
  bool set_open(bool is_open) EXCLUDES(door_mutex_);
  // Closes every connection except this one (0: every one).
  void cut_others(std::int32_t connection_id) EXCLUDES(mutex_);
  // Its documents and request counts, for tests in the same process.
  Node& node() { return node_; }

 private:
  struct Worker {
    std::unique_ptr<Connection> connection;
    std::thread thread;
    std::atomic<bool> is_finished = false;
  };

  Server(Socket listener, std::string address, const ServerOptions& options,
         std::optional<TlsContext> tls);
  void accept_until_closed(int listener) EXCLUDES(mutex_);
  void open() REQUIRES(door_mutex_);
  void close() REQUIRES(door_mutex_);
  void serve(Socket socket) EXCLUDES(mutex_);
  void reap_finished() REQUIRES(mutex_);

  Node node_;
  const std::optional<TlsContext> tls_;
  const bool is_loopback_;
  const std::uint16_t port_;
  Mutex door_mutex_;  // locked before mutex_, by the acceptor that close() waits for
  std::optional<Socket> listener_ GUARDED_BY(door_mutex_);
  std::thread acceptor_ GUARDED_BY(door_mutex_);
  Mutex mutex_;
  std::list<Worker> workers_ GUARDED_BY(mutex_);
  std::int32_t last_connection_id_ GUARDED_BY(mutex_) = 0;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace mongo_store::scripted
