// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/damage.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "journal/format.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {

void DamageStore::set_aside(File& segment, std::uint64_t number, std::uint64_t from,
                            std::uint64_t to) {
  const std::string path = text(directory_, '/', damaged_name(number, from));
  const std::string where = text("journal: ", to - from, " damaged bytes in ", directory_, '/',
                                 segment_name(number), " at offset ", from);
  const Status copied = copy(segment, from, to, path);
  logger_.log(LogLevel::kError, copied.is_ok()
                                    ? text(where, " are set aside in ", path)
                                    : text(where, " could not be set aside: ", copied.message()));
}

void DamageStore::log_missing(std::uint64_t number, std::uint64_t offset, std::uint64_t from,
                              std::uint64_t to) {
  const std::string where =
      number == 0 ? text("; no segment in ", directory_, " has them")
                  : text(" before offset ", offset, " of ", directory_, '/', segment_name(number));
  logger_.log(LogLevel::kError,
              text("journal: ", to - from, " records are missing, sequence numbers ", from, " to ",
                   to - 1, where));
}

bool DamageStore::set_aside_whole(std::uint64_t number) {
  const std::string from = text(directory_, '/', segment_name(number));
  const std::string to = text(directory_, '/', damaged_name(number, 0));
  const std::uint64_t replaced = bytes_there(to);
  Status moved = files_.rename(from, to);
  const std::string where = text("journal: the segment ", from,
                                 " can't be read from offset 0 on, nor any record in it; it is ");
  logger_.log(LogLevel::kError, moved.is_ok() ? text(where, "set aside as ", to)
                                              : text(where, "left there: ", moved.message()));
  if (!moved.is_ok()) return false;
  budget_.give_back(replaced);
  budget_.take(bytes_there(to));
  (void)files_.sync_directory(directory_);
  return true;
}

// The size of an earlier run's copy, which the budget already includes.
std::uint64_t DamageStore::bytes_there(const std::string& path) {
  const Result<std::unique_ptr<File>> file = files_.open(path);
  if (!file.is_ok()) return 0;
  const Result<std::uint64_t> bytes = file.value()->size();
  return bytes.is_ok() ? bytes.value() : 0;
}

Status DamageStore::copy(File& segment, std::uint64_t from, std::uint64_t to,
                         const std::string& path) {
  const std::uint64_t before = bytes_there(path);
  if (before < to - from && !budget_.try_take(to - from - before)) {
    return Status::no_space("journal_max_bytes is reached");
  }
  const Status copied = copy_bytes(segment, from, to, path);
  // Bytes that were written before a failure remain, and count.
  if (!copied.is_ok() && before < to - from) {
    budget_.give_back(to - from - std::clamp(bytes_there(path), before, to - from));
  }
  return copied;
}

// Bytes that can't be read are zeros in the copy.
Status DamageStore::copy_bytes(File& segment, std::uint64_t from, std::uint64_t to,
                               const std::string& path) {
  Result<std::unique_ptr<File>> file = files_.open_or_create(path);
  if (!file.is_ok()) return file.status();
  ByteBuffer chunk(std::min<std::uint64_t>(to - from, 256ULL * 1024));
  for (std::uint64_t at = from; at < to;) {
    const auto part = std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), to - at));
    std::fill(part.begin(), part.end(), std::byte{0});
    (void)read_around(segment, at, part);
    Status written = file.value()->write(at - from, part);
    if (!written.is_ok()) return written;
    at += part.size();
  }
  const Status synced = file.value()->sync();
  return synced.is_ok() ? files_.sync_directory(directory_) : synced;
}

}  // namespace mongo_store::journal
