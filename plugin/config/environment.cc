// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/environment.h"

#include <unistd.h>

#include <array>
#include <string_view>

#include "config/option_table.h"
#include "config/parse.h"

namespace mongo_store::config {

Environment process_environment() {
  Environment found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    if (name != kTaskIdVariable && !name.starts_with(kEnvironmentPrefix)) continue;
    found.emplace(name, variable.substr(equals + 1));
  }
  return found;
}

HostFacts host_facts() {
  std::array<char, 256> name{};
  // gethostname() may not terminate a truncated name: keep the last byte zero.
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return {name.data()};
}

}  // namespace mongo_store::config
