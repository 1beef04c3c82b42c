// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device-sim/identity.h"
#include "device-sim/options.h"

namespace mongo_store::device_sim {

// The credentials of a device.
struct Login {
  std::string device;  // its name; empty: it generates a UUID
  std::string username;
  std::string password;  // secret
  const Identity* identity = nullptr;
};

// One login for each device, or one for all. An identity that several devices share is read once.
class Logins {
 public:
  // The error is one line.
  std::optional<std::string> load(const Options& options);
  const Login& of(std::size_t device) const { return logins_[device % logins_.size()]; }

 private:
  std::optional<std::string> add(Login login, const std::string& certificate,
                                 const std::string& key);

  std::vector<Login> logins_;
  std::deque<Identity> identities_;
  std::map<std::pair<std::string, std::string>, const Identity*> by_files_;
};

}  // namespace mongo_store::device_sim
