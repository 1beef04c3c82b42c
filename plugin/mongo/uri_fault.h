// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace mongo_store::mongo {

// The same URI with another user and password, without its options from the first one on that holds
// a secret, and without names that can't be an option's: what the driver says of it may be shown.
std::string without_secrets(std::string_view uri);

// Says what is wrong with a URI, scheme included, that the driver doesn't take or complains of, in
// its own words where the fault shows without user, password and secret options.
Status uri_fault(std::string_view uri);

}  // namespace mongo_store::mongo
