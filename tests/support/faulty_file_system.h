// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/file_system.h"

namespace mongo_store::test {

// A file system that records its calls, and fails those that the test chooses, before anything is
// done. Any thread.
class FaultyFileSystem final : public journal::FileSystem {
 public:
  struct Call {
    std::string name;  // the method's; a mapping's sync is "map_sync"
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t count = 0;

    bool is(std::string_view what, std::string_view path_end) const {
      return name == what && path.ends_with(path_end);
    }
  };
  using Fault = std::function<Status(const Call&)>;

  explicit FaultyFileSystem(journal::FileSystem& real) : real_(real) {}

  // Called before each call, and returns its outcome; ok: the call is executed. None: nothing
  // fails.
  void set_fault(Fault fault);
  void set_facts(journal::FileSystemFacts facts) { facts_ = std::move(facts); }
  std::vector<Call> calls() const;
  void forget_calls();

  Result<std::unique_ptr<journal::File>> create(const std::string& path) override;
  Result<std::unique_ptr<journal::File>> open(const std::string& path) override;
  Result<std::unique_ptr<journal::File>> open_or_create(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<journal::FileSystemFacts> facts(const std::string& directory) override;

 private:
  class FaultyMapping;
  class FaultyFile;

  Status note(const Call& call);

  template <typename Open>
  Result<std::unique_ptr<journal::File>> wrap(const Call& call, const Open& open);

  journal::FileSystem& real_;
  std::optional<journal::FileSystemFacts> facts_;
  mutable std::mutex mutex_;
  Fault fault_;
  std::vector<Call> calls_;
};

}  // namespace mongo_store::test
