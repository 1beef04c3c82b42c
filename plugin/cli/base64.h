// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/bytes.h"

namespace mongo_store::cli {

// RFC 4648, section 4, padded.
std::string base64(ByteView bytes);

}  // namespace mongo_store::cli
