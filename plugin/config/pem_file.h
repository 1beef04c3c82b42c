// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store::config {

// What is wrong with the file at a path, as the rest of a sentence; empty: nothing. The driver says
// so only when it connects, and not which file it is.
std::string check_certificate_file(std::string_view path);
// Also holds the certificate's private key. One that is encrypted isn't looked into.
std::string check_certificate_key_file(std::string_view path);

}  // namespace mongo_store::config
