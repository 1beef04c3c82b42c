// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/status.h"

namespace mongo_store::mongo {

// The file's content without trailing line ends. kRefuse if it can't be read, isn't a regular file,
// is empty, or has more than 16 KiB. Its content never appears in a message.
Result<std::string> read_password_file(const std::string& path);

}  // namespace mongo_store::mongo
