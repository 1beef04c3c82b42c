// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace mongo_store::mongo {

// The URI with placeholder credentials, cut before the first option that contains a secret, and
// without names that can't be option names. The driver's messages about it can be shown.
std::string without_secrets(std::string_view uri);

// Explains what is wrong with a URI (scheme included) that the driver refuses or complains about.
// Uses the driver's words if the fault also shows without user, password and secret options.
Status uri_fault(std::string_view uri);

}  // namespace mongo_store::mongo
