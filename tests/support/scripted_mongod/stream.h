// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/status.h"

namespace mongo_store::scripted {

// A connected byte stream. One thread reads and writes it. Any other thread may call interrupt()
// while the stream exists; each waiting or later call then fails.
class Stream {
 public:
  virtual ~Stream() = default;
  // The handshake before the first byte of the protocol. Called once.
  virtual Status handshake() = 0;
  // kAbsent if the peer closed it.
  virtual Status read_exactly(std::span<std::byte> into) = 0;
  virtual Status write_all(ByteView bytes) = 0;
  virtual void interrupt() = 0;
};

// Owns a file descriptor, and closes it when destroyed.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  void shut_down() const;

 private:
  int descriptor_;
};

class TcpStream final : public Stream {
 public:
  explicit TcpStream(Socket socket) : socket_(std::move(socket)) {}
  Status handshake() override { return Status(); }
  Status read_exactly(std::span<std::byte> into) override;
  Status write_all(ByteView bytes) override;
  void interrupt() override { socket_.shut_down(); }

 private:
  Socket socket_;
};

}  // namespace mongo_store::scripted
