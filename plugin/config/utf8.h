// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string_view>

namespace mongo_store::config {

// Whether the text is valid UTF-8 (no surrogates, no overlong encodings) without control
// characters.
bool is_printable_utf8(std::string_view text);

}  // namespace mongo_store::config
