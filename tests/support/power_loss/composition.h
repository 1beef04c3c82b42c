// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "journal/file_system.h"

namespace mongo_store::test {

// A power loss: of a folder and of what is known of it (shadow.h), what the device has afterwards.
struct PowerLoss {
  std::string folder;  // as the page cache has it
  std::string shadow_folder;
  // Decides, for each entry whose folder wasn't synchronised since, and each sector of 512 bytes
  // that wasn't: the old one, the new one, or for a sector a part of each. 0: everything old. 1:
  // everything new. 2: old sectors, new entries. 3: new sectors, old entries. From 4 on: by chance.
  std::uint64_t seed = 0;
  // What some blocks of the device hold since earlier: may come up, at the same offset, in sectors
  // that were never synchronised.
  ByteView stale = {};
  // The end of a path that nobody waits for; empty: none.
  std::string never_synchronised = {};
};

// Makes the folder `to` in the target file system. Nothing may use the folder meanwhile.
Status compose(const PowerLoss& loss, journal::FileSystem& files, journal::FileSystem& target,
               const std::string& to);

// Whether each byte of the folder's files would outlive a power loss.
Result<bool> is_all_durable(const PowerLoss& loss, journal::FileSystem& files);

}  // namespace mongo_store::test
