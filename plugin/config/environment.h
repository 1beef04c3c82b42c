// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <string>

namespace mongo_store::config {

using Environment = std::map<std::string, std::string, std::less<>>;

struct HostFacts {
  std::string host_name;  // empty: unknown
};

// The variables of this process that parse_config() reads. Call it before any thread that changes
// the environment starts.
Environment process_environment();

HostFacts host_facts();

}  // namespace mongo_store::config
