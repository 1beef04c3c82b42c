// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace mongo_store::config {

// What is wrong with it at first sight, as the rest of a sentence without any part of it; empty:
// nothing. The driver reads the rest.
std::string check_mongo_uri(std::string_view uri);

// A list of hosts gets the scheme that it lacks.
std::string with_scheme(std::string_view uri);

// The database in its path; empty: none, or one that only has users in it (admin, local, config),
// or nothing that can be a database, of which the driver will say so.
std::string database_in(std::string_view uri);

bool has_password(std::string_view uri);

}  // namespace mongo_store::config
