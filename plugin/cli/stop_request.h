// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <signal.h>

#include <cstdint>

namespace mongo_store::cli {

// While it exists, SIGINT and SIGTERM don't end the process; wait_ms() reports them. Create it
// before other threads, which inherit the signal mask. One thread.
class StopRequest {
 public:
  StopRequest() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~StopRequest() { (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  // Returns true as soon as such a signal arrives, and from then on.
  bool wait_ms(std::int64_t at_most_ms) {
    const timespec at_most = {at_most_ms / 1000, at_most_ms % 1000 * 1'000'000};
    is_requested_ = is_requested_ || sigtimedwait(&signals_, nullptr, &at_most) > 0;
    return is_requested_;
  }

 private:
  sigset_t signals_;
  sigset_t before_;
  bool is_requested_ = false;
};

}  // namespace mongo_store::cli
