// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/mongo_name.h"

namespace mongo_store::config {

std::string check_database_name(std::string_view name) {
  const bool is_good = name.find_first_of("/\\. \"$*<>:|?") == std::string_view::npos;
  return is_good ? "" : "contains a character that is not allowed in a database name";
}

std::string check_collection_name(std::string_view name) {
  if (name.find('$') != std::string_view::npos) return "contains a $";
  return name.starts_with("system.") ? "begins with system." : "";
}

std::string check_auth_source(std::string_view name) {
  return name == "$external" ? "" : check_database_name(name);
}

}  // namespace mongo_store::config
