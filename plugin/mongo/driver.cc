// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/driver.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "mongo/driver_log.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {
namespace {

std::atomic<bool> is_cleanup_skipped{false};

}  // namespace

void start_driver() {
  static const bool is_started = [] {
    silence_driver_log();
    mongoc_init();
    (void)shm_unlink(text("/mongoc-", getpid()).c_str());
    return true;
  }();
  (void)is_started;
}

void skip_cleanup_at_exit() {
  static const bool is_registered = on_exit(
                                        [](int status, void*) noexcept {
                                          if (!is_cleanup_skipped) return;
                                          std::fflush(nullptr);
                                          _exit(status);
                                        },
                                        nullptr) == 0;
  is_cleanup_skipped = is_registered;
}

void allow_cleanup_at_exit() { is_cleanup_skipped = false; }

}  // namespace mongo_store::mongo
