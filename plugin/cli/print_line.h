// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdio>
#include <string>

namespace mongo_store::cli {

// Prints to standard output. main() checks at the end whether everything was written.
inline void print_line(const std::string& line) { (void)std::printf("%s\n", line.c_str()); }

}  // namespace mongo_store::cli
