// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "cli/command_line.h"

namespace mongo_store::cli {

// The commands that show the journals in a folder. They change nothing and acquire no lock, so a
// broker may be using a journal. kAbsent: there is no journal. kCorrupt: verify found damage.
Status run_journal_inspect(const CommandLine& line);
Status run_journal_verify(const CommandLine& line);
Status run_journal_dump(const CommandLine& line);

}  // namespace mongo_store::cli
