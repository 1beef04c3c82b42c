// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mongo_store::config {

// Under Linux's PATH_MAX, with room for the names of the files inside.
inline constexpr std::size_t kPathBytesMax = 3840;

// What is wrong with a path, as the rest of a sentence; empty: nothing.
std::string check_path(std::string_view path);
std::string check_absolute_path(std::string_view path);
// Whether this process can read a file there.
std::string check_readable(const std::string& path);

}  // namespace mongo_store::config
