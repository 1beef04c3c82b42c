// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "base/logger.h"
#include "delivery/stop_signal.h"

namespace mongo_store::broker {

// Warns if the broker has loaded the plugin but never calls it. Such a broker acknowledges messages
// that nobody stores. The log can't show that, because log lines are written during the broker's
// calls. A separate thread waits once, writes a line to stderr and to the logger, and ends. The
// logger must outlive it.
class CallWatch {
 public:
  explicit CallWatch(Logger& logger) : logger_(logger) {}
  ~CallWatch() { stop(); }
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  void start(std::chrono::milliseconds patience = std::chrono::seconds(10));
  // Called by the broker's thread at each call.
  void note_call() { is_called_.store(true, std::memory_order_relaxed); }
  // Returns at once, even if the thread is still waiting. Idempotent.
  void stop();

 private:
  void run(std::chrono::milliseconds patience) noexcept;

  Logger& logger_;
  std::atomic<bool> is_called_{false};
  delivery::StopSignal stop_;
  std::thread thread_;
};

}  // namespace mongo_store::broker
