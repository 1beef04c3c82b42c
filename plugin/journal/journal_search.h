// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "journal/file_system.h"

namespace mongo_store::journal {

// The folders of the journals that a person means by `directory`: itself where it is a numbered
// journal, else those in it, by number. Makes and changes nothing. kAbsent: it holds none.
Result<std::vector<std::string>> find_journals(std::string directory, FileSystem& files);

}  // namespace mongo_store::journal
