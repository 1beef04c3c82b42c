// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/password_file.h"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "base/text.h"

namespace mongo_store::mongo {
namespace {

constexpr std::streamsize kBytesMax = std::streamsize{16} * 1024;

Status refuse(const std::string& path, std::string_view why) {
  return Status::refuse(text("mongo_password_file ", escaped(path, 1024), ": ", why));
}

}  // namespace

Result<std::string> read_password_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return refuse(path, "isn't a regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return refuse(path, "can't be opened; the user that runs this must be able to read it");
  std::string password(kBytesMax + 1, '\0');
  file.read(password.data(), kBytesMax + 1);
  if (file.bad()) return refuse(path, "can't be read");
  if (file.gcount() > kBytesMax) return refuse(path, "has more than 16 KiB");
  password.resize(static_cast<std::size_t>(file.gcount()));
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty()) return refuse(path, "is empty");
  if (password.find('\0') != std::string::npos) return refuse(path, "contains a NUL byte");
  return password;
}

}  // namespace mongo_store::mongo
