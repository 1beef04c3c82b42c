// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "journal/file_system.h"
#include "tests/support/power_loss/shadow.h"

namespace mongo_store::test {

struct FileCall {
  std::string_view name;  // the method's; a mapping's sync is "map_sync"
  std::string path;       // of a rename: the new path; of an open file: its current path
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
};

// The result of a call that is not executed; ok: the call is executed.
struct Fault {
  Status status;
  bool is_half_done = false;  // a write: after the first half of its bytes
};

// A file system that records, beside the real one, what a power loss would leave (shadow.h). A
// file's bytes count as durable once a synchronisation has covered them, and a folder's entries
// once the folder is synchronised. composition.h creates a folder from that record. Bytes that a
// failed synchronisation covered never count as durable, unless their page is written again,
// because the kernel considers them clean. The real file system is never asked to synchronise.
// Calls are executed one at a time, with mutex() held. Whoever holds it sees the state between two
// calls. The real file system, and everything that the hook refers to, must outlive this object,
// and this object must outlive its files.
class PowerLossFileSystem final : public journal::FileSystem {
 public:
  using Hook = std::function<Fault(const FileCall&)>;

  PowerLossFileSystem(journal::FileSystem& real, std::string shadow_folder)
      : real_(real), shadow_folder_(std::move(shadow_folder)) {}
  ~PowerLossFileSystem() override;

  // Called before each call, with mutex() held. Must be set before the first call.
  void set_hook(Hook hook) { hook_ = std::move(hook); }
  std::recursive_mutex& mutex() { return mutex_; }

  Result<std::unique_ptr<journal::File>> create(const std::string& path) override;
  Result<std::unique_ptr<journal::File>> open(const std::string& path) override;
  Result<std::unique_ptr<journal::File>> open_or_create(const std::string& path) override;
  // The first folder is the one that is modelled. Its content counts as durable, unless a killed
  // process has left a shadow of it.
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<journal::FileSystemFacts> facts(const std::string& directory) override;

 private:
  struct FileState;
  class ShadowedFile;
  class ShadowedMapping;

  Fault ask(const FileCall& call) { return hook_ ? hook_(call) : Fault(); }
  Status start_shadow(const std::string& root);
  Status import_folder(const std::string& folder);
  Status import_file(const std::string& path);
  Status sync_entries(const std::string& folder);
  Result<std::shared_ptr<FileState>> add_file(const std::string& path);
  Result<std::shared_ptr<FileState>> state_of(FileNumber number, const std::string& path);
  using Open = Result<std::unique_ptr<journal::File>> (journal::FileSystem::*)(const std::string&);
  Result<std::unique_ptr<journal::File>> open_by(std::string_view name, Open open,
                                                 const std::string& path);

  journal::FileSystem& real_;
  const std::string shadow_folder_;
  Hook hook_;
  std::recursive_mutex mutex_;
  std::unique_ptr<Shadow> shadow_;
  std::map<FileNumber, std::shared_ptr<FileState>> states_;
};

}  // namespace mongo_store::test
