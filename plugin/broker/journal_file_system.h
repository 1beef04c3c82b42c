// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>

#include "journal/file_system.h"

namespace mongo_store::broker {

// What the journal is kept on. A build for tests links a definition of its own.
std::unique_ptr<journal::FileSystem> journal_file_system();

}  // namespace mongo_store::broker
