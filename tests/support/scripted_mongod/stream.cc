// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace mongo_store::scripted {

Socket::~Socket() {
  if (is_open()) ::close(descriptor_);
}

void Socket::shut_down() const {
  if (is_open()) ::shutdown(descriptor_, SHUT_RDWR);
}

Status TcpStream::read_exactly(std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::recv(socket_.descriptor(), into.data(), into.size(), MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status::io("receiving failed");
    if (got == 0) return Status::absent("closed by the peer");
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return Status();
}

Status TcpStream::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Status::io("sending failed");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return Status();
}

}  // namespace mongo_store::scripted
