// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace mongo_store::journal {
namespace {

Status failed(std::string_view call, const std::string& path, int error) {
  std::string message = text("can't ", call, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT: return Status::no_space(std::move(message));
    case ENOENT: return Status::absent(std::move(message));
    case EWOULDBLOCK: return Status::busy(std::move(message));
    default: return Status::io(std::move(message));
  }
}

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

class PosixMapping final : public Mapping {
 public:
  PosixMapping(std::byte* start, std::uint64_t count, std::string path)
      : bytes_(start, count), path_(std::move(path)) {}
  ~PosixMapping() override { munmap(bytes_.data(), bytes_.size()); }
  PosixMapping(const PosixMapping&) = delete;
  PosixMapping& operator=(const PosixMapping&) = delete;

  std::span<std::byte> bytes() override { return bytes_; }

  Status sync(std::uint64_t offset, std::uint64_t count) override {
    const std::uint64_t from = round_down(offset, page_bytes());
    if (msync(bytes_.data() + from, offset + count - from, MS_SYNC) == 0) return {};
    return failed("synchronise", path_, errno);
  }

  void touch(std::uint64_t offset, std::uint64_t count) override {
    const std::uint64_t from = round_down(offset, page_bytes());
    const std::uint64_t to =
        std::min<std::uint64_t>(round_up(offset + count, page_bytes()), bytes_.size());
    if (to > from) madvise(bytes_.data() + from, to - from, MADV_POPULATE_WRITE);
  }

 private:
  std::span<std::byte> bytes_;
  std::string path_;
};

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) override {
    return read_from(descriptor_, offset, to);
  }

  Result<std::size_t> read_device(std::uint64_t offset, std::span<std::byte> to) override {
    const int direct =
        open(text("/proc/self/fd/", descriptor_).c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (direct < 0) {
      (void)posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(to.size()),
                          POSIX_FADV_DONTNEED);
      return read(offset, to);
    }
    Result<std::size_t> done = read_from(direct, offset, to);
    close(direct);
    return done;
  }

  Status write(std::uint64_t offset, ByteView bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count = pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed("write to", path_, errno);
      if (count == 0) return failed("write to", path_, EIO);
      done += static_cast<std::size_t>(count);
    }
    return {};
  }

  Status allocate(std::uint64_t count) override {
    int error = EINTR;
    while (error == EINTR) error = posix_fallocate(descriptor_, 0, static_cast<off_t>(count));
    return error == 0 ? Status() : failed("reserve room for", path_, error);
  }

  Result<std::unique_ptr<Mapping>> map(std::uint64_t count) override {
    void* start = mmap(nullptr, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (start == MAP_FAILED) return failed("map", path_, errno);
    return {std::make_unique<PosixMapping>(static_cast<std::byte*>(start), count, path_)};
  }

  Status sync() override {
    return fdatasync(descriptor_) == 0 ? Status() : failed("synchronise", path_, errno);
  }

  Result<std::uint64_t> size() override {
    struct stat facts {};
    if (fstat(descriptor_, &facts) != 0) return failed("stat", path_, errno);
    return static_cast<std::uint64_t>(facts.st_size);
  }

  Status lock() override {
    return flock(descriptor_, LOCK_EX | LOCK_NB) == 0 ? Status() : failed("lock", path_, errno);
  }
  bool is_locked() override {
    if (flock(descriptor_, LOCK_SH | LOCK_NB) != 0) return true;
    (void)flock(descriptor_, LOCK_UN);
    return false;
  }

 private:
  Result<std::size_t> read_from(int descriptor, std::uint64_t offset, std::span<std::byte> to) {
    std::size_t done = 0;
    while (done < to.size()) {
      const ssize_t count =
          pread(descriptor, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
      if (count == 0) break;
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed("read", path_, errno);
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  const int descriptor_;
  const std::string path_;
};

Result<std::unique_ptr<File>> open_with(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_CLOEXEC | flags, 0600);
  if (descriptor < 0) return failed((flags & O_EXCL) != 0 ? "create" : "open", path, errno);
  if ((flags & O_CREAT) != 0) (void)fchmod(descriptor, 0600);  // whatever the umask removed
  return {std::make_unique<PosixFile>(descriptor, path)};
}

struct KnownFileSystem {
  std::uint32_t type;  // statfs(2)
  Medium medium;
  const char* name;
};

// Numbers from statfs(2) and linux/magic.h.
constexpr KnownFileSystem kKnownFileSystems[] = {
    {0x0000EF53, Medium::kMappable, "ext4"},      {0x58465342, Medium::kMappable, "xfs"},
    {0x9123683E, Medium::kPlain, "btrfs"},        {0x2FC12FC1, Medium::kPlain, "zfs"},
    {0xF2F52010, Medium::kPlain, "f2fs"},         {0x65735546, Medium::kPlain, "fuse"},
    {0x01021994, Medium::kVolatile, "tmpfs"},     {0x858458F6, Medium::kVolatile, "ramfs"},
    {0x794C7630, Medium::kVolatile, "overlayfs"}, {0x00006969, Medium::kNetwork, "nfs"},
    {0x0000517B, Medium::kNetwork, "smb"},        {0xFF534D42, Medium::kNetwork, "cifs"},
    {0xFE534D42, Medium::kNetwork, "smb2"},       {0x00C36400, Medium::kNetwork, "ceph"},
    {0x01021997, Medium::kNetwork, "9p"},         {0x5346414F, Medium::kNetwork, "afs"},
    {0x01161970, Medium::kNetwork, "gfs2"},       {0x7461636F, Medium::kNetwork, "ocfs2"},
    {0x0BD00BD0, Medium::kNetwork, "lustre"},     {0x47504653, Medium::kNetwork, "gpfs"},
};

Status sync_one_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("open", path, errno);
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  return error == 0 ? Status() : failed("synchronise", path, error);
}

// A new folder's entry in its parent is durable when this returns.
Status make_one_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0) {
    return errno == EEXIST ? Status() : failed("create folder", path, errno);
  }
  (void)chmod(path.c_str(), 0700);  // whatever the umask removed
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return sync_one_directory(".");
  return sync_one_directory(slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::create(const std::string& path) {
  if (access_ == Access::kLooking) return failed("create", path, EROFS);
  return open_with(path, O_RDWR | O_CREAT | O_EXCL);
}
Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path) {
  // Without this flag, opening a named pipe in the folder would wait for a writer.
  return open_with(path, access_ == Access::kLooking ? O_RDONLY | O_NONBLOCK : O_RDWR);
}
Result<std::unique_ptr<File>> PosixFileSystem::open_or_create(const std::string& path) {
  if (access_ == Access::kLooking) return open(path);
  return open_with(path, O_RDWR | O_CREAT);
}

Status PosixFileSystem::make_directory(const std::string& path) {
  if (access_ == Access::kLooking) return failed("create folder", path, EROFS);
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    Status made = make_one_directory(path.substr(0, slash));
    if (!made.is_ok()) return made;
  }
  return make_one_directory(path);
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  DIR* open_directory = opendir(directory.c_str());
  if (open_directory == nullptr) return failed("list", directory, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(open_directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;  // the allocation above may have set it
  }
  const int error = errno;
  closedir(open_directory);
  if (error != 0) return failed("list", directory, error);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (access_ == Access::kLooking) return failed("rename", from, EROFS);
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : failed("rename", from, errno);
}

Status PosixFileSystem::unlink(const std::string& path) {
  if (access_ == Access::kLooking) return failed("remove", path, EROFS);
  return ::unlink(path.c_str()) == 0 ? Status() : failed("remove", path, errno);
}

Status PosixFileSystem::sync_directory(const std::string& directory) {
  return sync_one_directory(directory);
}

Result<FileSystemFacts> PosixFileSystem::facts(const std::string& directory) {
  struct statfs found {};
  if (statfs(directory.c_str(), &found) != 0) return failed("statfs", directory, errno);
  struct stat folder {};
  if (stat(directory.c_str(), &folder) != 0) return failed("stat", directory, errno);
  const auto type = static_cast<std::uint32_t>(found.f_type);
  const std::uint64_t free_bytes = found.f_bavail * static_cast<std::uint64_t>(found.f_bsize);
  for (const KnownFileSystem& known : kKnownFileSystems) {
    if (known.type != type) continue;
    return FileSystemFacts{known.medium, known.name, free_bytes, folder.st_uid};
  }
  return FileSystemFacts{Medium::kPlain, text("unknown type ", type), free_bytes, folder.st_uid};
}

}  // namespace mongo_store::journal
