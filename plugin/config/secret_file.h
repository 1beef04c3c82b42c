// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"

namespace mongo_store::config {

inline constexpr std::size_t kSecretFileBytesMax = std::size_t{16} * 1024;

// What the file holds, without line ends behind it. Doesn't wait: only regular files are read. Any
// thread. kRefuse names the file and the reason, never what the file holds; an empty file, one over
// kSecretFileBytesMax, and one with control characters (so of more than one line) are refused too.
Result<std::string> read_secret_file(const std::string& path);

// Whether users who are neither its owner nor in its group may do anything with it.
bool is_open_to_others(const std::string& path);

}  // namespace mongo_store::config
