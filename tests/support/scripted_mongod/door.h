// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <functional>

namespace mongo_store::scripted {

// Lets commands reach the server that runs them, which sets both functions. They may be called only
// while the server exists; its connections ensure that.
struct Door {
  // Refuses new connections, as if no process were listening, or accepts them again.
  std::function<void(bool is_open)> set_open = [](bool) {};
  // Closes every connection except this one (0: every one).
  std::function<void(int connection_id)> cut_others = [](int) {};
};

}  // namespace mongo_store::scripted
