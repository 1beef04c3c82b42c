// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/text.h"
#include "config/utf8.h"

namespace mongo_store::config {
namespace {

Status refusal(const std::string& path, std::string_view reason) {
  return Status::refuse(text("file \"", escaped(path), "\" ", reason));
}

Status system_refusal(const std::string& path, int error) {
  return refusal(path, text("can't be read: ", std::generic_category().message(error)));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Reads up to kSecretFileBytesMax + 1 bytes, to detect a file that is too large.
Result<std::string> read_all(const FileDescriptor& file, const std::string& path) {
  std::string content(kSecretFileBytesMax + 1, '\0');
  std::size_t used = 0;
  while (used < content.size()) {
    const ssize_t count = read(file.get(), content.data() + used, content.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_refusal(path, errno);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  content.resize(used);
  return content;
}

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  // O_NONBLOCK: opening a FIFO would wait for a writer.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_refusal(path, errno);
  struct stat found {};
  if (fstat(file.get(), &found) != 0) return system_refusal(path, errno);
  if (!S_ISREG(found.st_mode)) return refusal(path, "is not a regular file");

  Result<std::string> read = read_all(file, path);
  if (!read.is_ok()) return read;
  std::string content = std::move(read).value();
  if (content.size() > kSecretFileBytesMax) return refusal(path, "is larger than 16 KiB");
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  if (content.empty()) return refusal(path, "is empty");
  if (!is_printable_utf8(content)) {
    return refusal(path, "contains more than one line, control characters or invalid UTF-8");
  }
  return content;
}

bool is_open_to_others(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && (found.st_mode & S_IRWXO) != 0;
}

}  // namespace mongo_store::config
