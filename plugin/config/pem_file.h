// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store::config {

// Returns the reason why the file is invalid, as the rest of a sentence; empty if it is valid. The
// driver would report it only when it connects, and without the file's name.
std::string check_certificate_file(std::string_view path);
// The file must also contain the certificate's private key. An encrypted key isn't checked.
std::string check_certificate_key_file(std::string_view path);

}  // namespace mongo_store::config
