// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "journal/file_system.h"

namespace mongo_store::test {

// The input of a power loss: a folder, and what is known about it (shadow.h).
struct PowerLoss {
  std::string folder;  // as in the page cache
  std::string shadow_folder;
  // Decides whether each entry whose folder wasn't synchronised since, and each sector of 512 bytes
  // that wasn't synchronised since, is old or new. A sector can also be a mix of both. 0:
  // everything old. 1: everything new. 2: old sectors, new entries. 3: new sectors, old entries.
  // From 4 on: random.
  std::uint64_t seed = 0;
  // Old content of some blocks of the device. It may appear, at the same offset, in sectors that
  // were never synchronised.
  ByteView stale = {};
  // The end of a path that is never synchronised; empty: none.
  std::string never_synchronised = {};
};

// Creates the folder `to` in the target file system, as the device would have it after the power
// loss. Nothing may use the folder meanwhile.
Status compose(const PowerLoss& loss, journal::FileSystem& files, journal::FileSystem& target,
               const std::string& to);

// Whether each byte of the folder's files would survive a power loss.
Result<bool> is_all_durable(const PowerLoss& loss, journal::FileSystem& files);

}  // namespace mongo_store::test
