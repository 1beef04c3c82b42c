// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "journal/file_system.h"

namespace mongo_store::journal {

// The journals that a user means by `directory`: the folder itself if it is a numbered journal,
// otherwise the journals in it, sorted by number. Nothing is created or changed. kAbsent: there is
// none.
Result<std::vector<std::string>> find_journals(std::string directory, FileSystem& files);

}  // namespace mongo_store::journal
