// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "device-sim/time.h"

namespace mongo_store::device_sim {

// The broker's numeric addresses. libmosquitto gets these instead of the name, so that no device
// waits for the resolver when it connects. resolve() may block: the fleet calls it at start and
// while no device has a connection, when it can't delay anything.
class Address {
 public:
  Address(std::string host, int port) : host_(std::move(host)), port_(port) {}

  // Looks the name up, at most once a second. If that fails, the known addresses remain.
  void resolve(TimePoint now);
  // The address for this attempt, in turn; empty if none is known.
  std::string at(std::size_t attempt) const;

  int port() const { return port_; }
  const std::string& error() const { return error_; }  // of the last lookup; empty if it succeeded
  std::string name() const { return host_ + ":" + std::to_string(port_); }

 private:
  std::string host_;
  int port_;
  std::vector<std::string> numeric_;
  std::string error_;
  TimePoint next_lookup_ = TimePoint::min();
};

}  // namespace mongo_store::device_sim
