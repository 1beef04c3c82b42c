// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "base/text.h"

namespace mongo_store::scripted {
namespace {

constexpr int kBacklog = 128;

sockaddr_in address_for(std::uint16_t port, bool is_loopback) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(is_loopback ? INADDR_LOOPBACK : INADDR_ANY);
  address.sin_port = htons(port);
  return address;
}

Result<Socket> listen_on(std::uint16_t port, bool is_loopback) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = address_for(port, is_loopback);
  if (::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0 ||
      ::listen(socket.descriptor(), kBacklog) != 0) {
    return Status::refuse(text("can't listen on port ", port, " (errno ", errno, ")"));
  }
  return socket;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

// Threads inherit the mask, so that signals go to the program's threads, and a closed TLS
// connection raises no SIGPIPE.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
  std::optional<TlsContext> tls;
  if (!options.tls_certificate_key_file.empty()) {
    Result<TlsContext> loaded =
        TlsContext::load(options.tls_certificate_key_file, options.tls_ca_file);
    if (!loaded.is_ok()) return loaded.status();
    tls.emplace(std::move(loaded).value());
  }
  const bool is_loopback = options.advertised_host.empty();
  Result<Socket> listener = listen_on(options.port, is_loopback);
  if (!listener.is_ok()) return listener.status();
  const std::string host = is_loopback ? "127.0.0.1" : options.advertised_host;
  std::string address = text(host, ":", port_of(listener.value()));
  return std::unique_ptr<Server>(
      new Server(std::move(listener).value(), std::move(address), options, std::move(tls)));
}

Server::Server(Socket listener, std::string address, const ServerOptions& options,
               std::optional<TlsContext> tls)
    : node_(options.node, std::move(address)),
      tls_(std::move(tls)),
      is_loopback_(options.advertised_host.empty()),
      port_(port_of(listener)) {
  node_.door = {[this](bool is_open) { set_open(is_open); }, [this](int id) { cut_others(id); }};
  const MutexLock lock(door_mutex_);
  listener_.emplace(std::move(listener));
  open();
}

void Server::open() {
  const AllSignalsBlocked blocked;
  acceptor_ = std::thread([this, fd = listener_->descriptor()] { accept_until_closed(fd); });
}

void Server::close() {
  if (!listener_) return;
  listener_->shut_down();  // wakes the acceptor
  acceptor_.join();
  listener_.reset();
}

bool Server::set_open(bool is_open) {
  const MutexLock lock(door_mutex_);
  if (is_open == listener_.has_value()) return true;
  if (!is_open) {
    close();
    return true;
  }
  Result<Socket> listener = listen_on(port_, is_loopback_);
  if (!listener.is_ok()) return false;
  listener_.emplace(std::move(listener).value());
  open();
  return true;
}

void Server::cut_others(std::int32_t connection_id) {
  const MutexLock lock(mutex_);
  for (const Worker& worker : workers_) {
    if (worker.connection->id() != connection_id) worker.connection->interrupt();
  }
}

void Server::stop() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    for (const Worker& worker : workers_) worker.connection->interrupt();
  }
  {
    const MutexLock lock(door_mutex_);
    close();
  }
  std::list<Worker> workers;
  {
    const MutexLock lock(mutex_);
    workers.swap(workers_);
  }
  for (Worker& worker : workers) worker.thread.join();
}

void Server::accept_until_closed(int listener) {
  while (true) {
    Socket socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.is_open()) {
      const int on = 1;
      ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      serve(std::move(socket));
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void Server::reap_finished() {
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    if (!worker->is_finished) {
      ++worker;
      continue;
    }
    worker->thread.join();
    worker = workers_.erase(worker);
  }
}

void Server::serve(Socket socket) {
  std::unique_ptr<Stream> stream =
      tls_ ? tls_->accept(std::move(socket)) : std::make_unique<TcpStream>(std::move(socket));
  const MutexLock lock(mutex_);
  if (is_stopping_) return;
  reap_finished();
  Worker& worker = workers_.emplace_back();
  worker.connection = std::make_unique<Connection>(node_, std::move(stream), ++last_connection_id_);
  worker.thread = std::thread([&worker] {
    try {
      worker.connection->run();
    } catch (const std::exception&) {
      worker.connection->interrupt();  // out of memory: this connection only
    }
    worker.is_finished = true;
  });
}

}  // namespace mongo_store::scripted
