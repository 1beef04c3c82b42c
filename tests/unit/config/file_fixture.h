// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "config/option_table.h"
#include "tests/unit/mongo/self_signed.h"

namespace mongo_store::config {

// A temporary folder for each test executable. set_up() creates it and tear_down() removes it,
// because a failed assertion skips destructors.
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

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A certificate and its private key; empty if they can't be created.
inline std::string write_good_pem(const std::string& name) {
  const std::string path = folder + name;
  return write_self_signed(path) ? path : std::string();
}

// A value that the option accepts: its default if it has one.
inline std::string good_value(const Option& option) {
  if (!option.default_text.empty()) return std::string(option.default_text);
  if (option.kind == OptionKind::kFile) return write_good_pem("/good.pem");
  return option.kind == OptionKind::kSecretFile ? write_file(folder + "/good", "good") : "good";
}

}  // namespace mongo_store::config
