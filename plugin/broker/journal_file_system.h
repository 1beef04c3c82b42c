// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>

#include "journal/file_system.h"

namespace mongo_store::broker {

// The file system of the journal. Test builds link their own definition.
std::unique_ptr<journal::FileSystem> journal_file_system();

}  // namespace mongo_store::broker
