// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace mongo_store::config {

std::string check_path(std::string_view path) {
  return path.ends_with('/') ? "names a folder, not a file" : "";
}

std::string check_absolute_path(std::string_view path) {
  return path.starts_with('/') ? "" : "is not an absolute path";
}

std::string check_readable(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || access(path.c_str(), R_OK) != 0) {
    return text("can't be read: ", std::generic_category().message(errno));
  }
  return S_ISREG(found.st_mode) ? "" : "is not a regular file";
}

}  // namespace mongo_store::config
