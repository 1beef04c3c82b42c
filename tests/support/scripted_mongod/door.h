// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <functional>

namespace mongo_store::scripted {

// How commands reach the server that runs them, which sets both. Whoever calls them must do so
// while the server exists: its connections do.
struct Door {
  // New connections are refused, as if no process listened, or accepted again.
  std::function<void(bool is_open)> set_open = [](bool) {};
  // Closes every connection but this one (0: every one).
  std::function<void(int connection_id)> cut_others = [](int) {};
};

}  // namespace mongo_store::scripted
