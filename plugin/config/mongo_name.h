// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mongo_store::config {

// https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions, including those for
// servers on Windows. A namespace is the database name, a dot and the collection name.
inline constexpr std::size_t kDatabaseBytesMax = 63;
inline constexpr std::size_t kNamespaceBytesMax = 255;

// Each returns the reason why a name is invalid, as the rest of a sentence; empty if it is valid.
std::string check_database_name(std::string_view name);
std::string check_collection_name(std::string_view name);
std::string check_auth_source(std::string_view name);

}  // namespace mongo_store::config
