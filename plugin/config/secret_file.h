// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"

namespace mongo_store::config {

inline constexpr std::size_t kSecretFileBytesMax = std::size_t{16} * 1024;

// Returns the file's content without trailing line ends. Reads only regular files, so it never
// blocks on a FIFO. Any thread may call it. kRefuse names the file and the reason, never the
// content. Also refuses an empty file, one larger than kSecretFileBytesMax, and one with control
// characters (and therefore with more than one line).
Result<std::string> read_secret_file(const std::string& path);

// Whether users other than the file's owner and group have any access to it.
bool is_open_to_others(const std::string& path);

}  // namespace mongo_store::config
