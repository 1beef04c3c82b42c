// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/kept_payloads.h"

#include <cstdint>
#include <memory>

#include "base/text.h"
#include "journal/format.h"

namespace mongo_store::journal {

std::string KeptPayloads::path(const ObjectId& id) const {
  return text(directory_, '/', payload_name(id));
}

Status KeptPayloads::keep(const ObjectId& id, ByteView payload) {
  const Result<std::unique_ptr<File>> file = files_.open_or_create(path(id));
  if (!file.is_ok()) return file.status();
  const Result<std::uint64_t> before = file.value()->size();
  if (!before.is_ok()) return before.status();
  Status written = file.value()->write(0, payload);
  // The bytes that exist now count, even after a failure: the next try starts with this file.
  const Result<std::uint64_t> after = file.value()->size();
  if (after.is_ok() && after.value() > before.value()) {
    budget_.take(after.value() - before.value());
  }
  if (!written.is_ok()) return written;
  Status synced = file.value()->sync();
  return synced.is_ok() ? files_.sync_directory(directory_) : synced;
}

}  // namespace mongo_store::journal
