// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace mongo_store::config {

// A folder of a test's own, in the working folder. It is made and taken away by set_up() and
// tear_down(), because a failed assertion skips destructors.
inline std::string folder;

inline int set_up(void**) {
  std::string pattern = std::filesystem::current_path() / "config-XXXXXX";
  folder = mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
  return folder.empty() ? -1 : 0;
}

inline int tear_down(void**) {
  if (!folder.empty()) std::filesystem::remove_all(folder);
  return 0;
}

inline std::string write_file(const std::string& path, const std::string& content,
                              mode_t mode = 0600) {
  std::ofstream(path, std::ios::binary) << content;
  chmod(path.c_str(), mode);
  return path;
}

}  // namespace mongo_store::config
