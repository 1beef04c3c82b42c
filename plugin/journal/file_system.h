// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace mongo_store::journal {

// All calls of the journal to the operating system, so that a test can make each of them fail and
// can model a power loss. Errors: kNoSpace (ENOSPC, EDQUOT), kAbsent (ENOENT), kBusy (something
// else holds the lock), and kIo for everything else. The message names the call, the path and the
// reason.

// A shared, writable memory map of the beginning of a file. It is unmapped when destroyed, and may
// outlive its File.
class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual std::span<std::byte> bytes() = 0;
  // Writes a range back, and waits until the device has it. Offsets need no alignment.
  virtual Status sync(std::uint64_t offset, std::uint64_t count) = 0;
  // A hint: makes the pages of a range writable without a fault, and doesn't change their content.
  virtual void touch(std::uint64_t offset, std::uint64_t count) = 0;
};

// An open file, closed when destroyed. Calls with an offset may come from several threads.
class File {
 public:
  virtual ~File() = default;
  // Reads until `to` is full or the file ends. Returns how many bytes it read.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) = 0;
  // The same, but bypasses the kernel's cache if possible. The offset, the size and the address of
  // `to` must be multiples of a page.
  virtual Result<std::size_t> read_device(std::uint64_t offset, std::span<std::byte> to) {
    return read(offset, to);
  }
  virtual Status write(std::uint64_t offset, ByteView bytes) = 0;
  // Reserves blocks for the first `count` bytes. Bytes that were never written read as zeros.
  virtual Status allocate(std::uint64_t count) = 0;
  virtual Result<std::unique_ptr<Mapping>> map(std::uint64_t count) = 0;
  // Waits until the device has the data, and everything that is needed to read them again.
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  // Locks the file exclusively without waiting. The lock ends with the process.
  virtual Status lock() = 0;
  // Whether something else holds that lock, as far as this can be determined. The check holds a
  // shared lock for a moment, during which lock() returns kBusy. The owner of the lock must not
  // call this function, because it would release the lock.
  virtual bool is_locked() = 0;
};

enum class Medium {
  kMappable,  // ext4, xfs: an allocated block is still there when a page is written back
  kPlain,     // any other local one: appended to by write()
  kVolatile,  // tmpfs, a container's layer: lost with the process or the machine
  kNetwork,   // locks, maps and synchronisation aren't reliable
};

struct FileSystemFacts {
  Medium medium = Medium::kPlain;
  std::string name;              // "ext4", "nfs", ...
  std::uint64_t free_bytes = 0;  // for an unprivileged process
  std::uint32_t owner_uid = 0;   // of the folder
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> create(
      const std::string& path) = 0;  // mode 0600; must not exist
  virtual Result<std::unique_ptr<File>> open(
      const std::string& path) = 0;  // for reading and writing
  virtual Result<std::unique_ptr<File>> open_or_create(const std::string& path) = 0;  // 0600
  // Mode 0700, with parents. It may exist. A new one survives a power loss once this returns.
  virtual Status make_directory(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, sorted
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status unlink(const std::string& path) = 0;
  virtual Status sync_directory(const std::string& directory) = 0;
  virtual Result<FileSystemFacts> facts(const std::string& directory) = 0;
};

}  // namespace mongo_store::journal
