// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mongo_store::config {

// Below Linux's PATH_MAX, which leaves room for the names of the files inside.
inline constexpr std::size_t kPathBytesMax = 3840;

// Each returns the reason why a path is invalid, as the rest of a sentence; empty if it is valid.
std::string check_path(std::string_view path);
std::string check_absolute_path(std::string_view path);
// Checks that the path is a regular file that this process can read.
std::string check_readable(const std::string& path);

}  // namespace mongo_store::config
