// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mongo_store::broker {

// The memory limit of this process's control group (version 2 or 1) in bytes, or nullopt if there
// is none. `root` is the mount point of the control groups.
std::optional<std::uint64_t> memory_limit(const std::string& root = "/sys/fs/cgroup");

// How far ahead the journal may touch pages under this limit.
std::uint64_t runway_bytes_max(std::optional<std::uint64_t> limit);

}  // namespace mongo_store::broker
