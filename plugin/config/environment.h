// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <string>

namespace mongo_store::config {

// Variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

// What the machine says of itself.
struct HostFacts {
  std::string host_name;  // empty: unknown
};

// Of this process: the variables that parse_config() looks at. Call it before other threads that
// change the environment exist.
Environment process_environment();

HostFacts host_facts();

}  // namespace mongo_store::config
