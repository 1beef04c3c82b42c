// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/journal_file_system.h"

#include <cstdlib>
#include <stdexcept>

#include "journal/posix_file_system.h"
#include "tests/support/power_loss/fault_list.h"
#include "tests/support/power_loss/power_loss_file_system.h"

namespace mongo_store::broker {

// README.md lists its environment variables.
std::unique_ptr<journal::FileSystem> journal_file_system() {
  static journal::PosixFileSystem posix;
  const char* const shadow = std::getenv("POWER_LOSS_SHADOW");
  if (shadow == nullptr) throw std::runtime_error("POWER_LOSS_SHADOW is not set");
  auto files = std::make_unique<test::PowerLossFileSystem>(posix, shadow);
  if (const char* const faults = std::getenv("POWER_LOSS_FAULTS")) {
    files->set_hook([list = test::FaultList(faults)](const test::FileCall& call) mutable {
      return list.next(call);
    });
  }
  return files;
}

}  // namespace mongo_store::broker
