// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/call_watch.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "base/signal_block.h"
#include "base/text.h"

namespace mongo_store::broker {

void CallWatch::start(std::chrono::milliseconds patience) {
  const SignalBlock block;  // the thread inherits it
  try {
    thread_ = std::thread([this, patience]() noexcept { run(patience); });
  } catch (const std::system_error& error) {  // the plugin can run without this warning
    logger_.log(LogLevel::kWarning, text("the broker's calls are not watched: ", error.what()));
  }
}

void CallWatch::stop() {
  stop_.raise();
  if (thread_.joinable()) thread_.join();
}

// Only the broker's thread may write Mosquitto's log, so the line also goes to stderr at once.
void CallWatch::run(std::chrono::milliseconds patience) noexcept {
  try {
    pthread_setname_np(pthread_self(), "mongo-watch");
    if (!stop_.wait_ms(patience.count())) return;
    if (is_called_.load(std::memory_order_relaxed)) return;
    const std::string line =
        text("the broker has loaded the plugin, but hasn't called it for ", patience.count() / 1000,
             " s: messages may be acknowledged and not stored; check mosquitto.conf: "
             "set per_listener_settings false, or put the plugin line below its listener; "
             "use plugin or global_plugin instead of plugin_load");
    const std::string on_stderr = text("mongo_store: ", line, '\n');
    pollfd room{STDERR_FILENO, POLLOUT, 0};  // a pipe that nobody reads must not delay a stop
    if (poll(&room, 1, 0) == 1) {
      (void)!write(STDERR_FILENO, on_stderr.data(), on_stderr.size());
    }
    logger_.log(LogLevel::kWarning, line);
  } catch (...) {
    return;  // no memory: nothing can be logged
  }
}

}  // namespace mongo_store::broker
