// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/driver.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "mongo/driver_log.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

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
  on_exit(
      [](int status, void*) noexcept {
        std::fflush(nullptr);
        _exit(status);
      },
      nullptr);
}

}  // namespace mongo_store::mongo
