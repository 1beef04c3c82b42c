// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "base/logger.h"
#include "delivery/stop_signal.h"

namespace mongo_store::broker {

// Warns where the broker has loaded the plugin and calls it for nothing: it acknowledges then what
// nobody stores, and log lines, which go out with its calls, would never say so. A thread of its
// own waits once, says it on stderr and to the logger, and ends. The logger outlives it.
class CallWatch {
 public:
  explicit CallWatch(Logger& logger) : logger_(logger) {}
  ~CallWatch() { stop(); }
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  void start(std::chrono::milliseconds patience = std::chrono::seconds(10));
  // The broker's thread, at each call.
  void note_call() { is_called_.store(true, std::memory_order_relaxed); }
  // At once, whatever it waits for. Idempotent.
  void stop();

 private:
  void run(std::chrono::milliseconds patience) noexcept;

  Logger& logger_;
  std::atomic<bool> is_called_{false};
  delivery::StopSignal stop_;
  std::thread thread_;
};

}  // namespace mongo_store::broker
