// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>

// Replaces the C library's function in the program that it is linked into. The environment can name
// another type of file system.
extern "C" int statfs(const char* path, struct statfs* found) noexcept {
  const long outcome = syscall(SYS_statfs, path, found);
  const char* const type = std::getenv("POWER_LOSS_STATFS");
  if (outcome == 0 && type != nullptr) {
    found->f_type = static_cast<decltype(found->f_type)>(std::strtoul(type, nullptr, 0));
  }
  return static_cast<int>(outcome);
}
