// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store::config {

// A first check; the driver does the full one. Returns the reason why the URI is invalid, as the
// rest of a sentence that quotes no part of the URI; empty if nothing is wrong.
std::string check_mongo_uri(std::string_view uri);

// Adds mongodb:// if the text has no scheme.
std::string with_scheme(std::string_view uri);

// The database in the URI's path. Empty if there is none, if it is one of MongoDB's own (admin,
// local, config), or if the name is invalid, which the driver reports.
std::string database_in(std::string_view uri);

bool has_password(std::string_view uri);

}  // namespace mongo_store::config
