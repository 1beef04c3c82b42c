// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/journal_file_system.h"

#include "journal/posix_file_system.h"

namespace mongo_store::broker {

std::unique_ptr<journal::FileSystem> journal_file_system() {
  return std::make_unique<journal::PosixFileSystem>();
}

}  // namespace mongo_store::broker
