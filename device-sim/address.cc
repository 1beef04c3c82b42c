// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/address.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>

namespace mongo_store::device_sim {
namespace {

constexpr std::chrono::seconds kLookupPause{1};

std::string numeric(const addrinfo& info) {
  std::array<char, NI_MAXHOST> text{};
  const int error = getnameinfo(info.ai_addr, info.ai_addrlen, text.data(), text.size(), nullptr, 0,
                                NI_NUMERICHOST);
  return error == 0 ? text.data() : "";
}

}  // namespace

void Address::resolve(TimePoint now) {
  if (now < next_lookup_) return;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;  // no IPv6 if this machine has none
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host_.c_str(), nullptr, &hints, &found);
  next_lookup_ = Clock::now() + kLookupPause;
  error_ = error == 0 ? "" : gai_strerror(error);
  if (error != 0) return;
  numeric_.clear();
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (std::string text = numeric(*info); !text.empty()) numeric_.push_back(std::move(text));
  }
  freeaddrinfo(found);
}

std::string Address::at(std::size_t attempt) const {
  return numeric_.empty() ? "" : numeric_[attempt % numeric_.size()];
}

}  // namespace mongo_store::device_sim
