// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mongo_store::config {

// https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions, of servers on Windows
// too. A namespace is the database's name, a dot, and the collection's.
inline constexpr std::size_t kDatabaseBytesMax = 63;
inline constexpr std::size_t kNamespaceBytesMax = 255;

// What is wrong with a name, as the rest of a sentence; empty: nothing.
std::string check_database_name(std::string_view name);
std::string check_collection_name(std::string_view name);
std::string check_auth_source(std::string_view name);

}  // namespace mongo_store::config
