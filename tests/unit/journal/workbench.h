// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"
#include "journal/journal.h"
#include "journal/posix_file_system.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::journal {

inline constexpr std::size_t kBatchBytes = std::size_t{1} << 20U;

inline std::string as_string(ByteView bytes) { return std::string(as_text(bytes)); }

ByteBuffer file_bytes(const std::string& path);
void put_file_bytes(const std::string& path, ByteView bytes);
void patch_file(const std::string& path, std::uint64_t offset, ByteView bytes);
void flip_byte(const std::string& path, std::uint64_t offset, unsigned mask = 0x10);

ObjectId id_of(std::uint64_t n);

// The body of record n: "n:" and letters that differ from one record to the next.
std::string body_of(std::uint64_t n, std::size_t bytes);

struct Delivered {
  std::uint64_t sequence = 0;
  ObjectId id;
  std::string body;
  std::string context;
};

// A journal in its own folder, with everything that it needs. Time doesn't pass until a test
// advances it, so nothing is synchronised or retired before.
class Workbench {
 public:
  explicit Workbench(Medium medium = Medium::kMappable);
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  Status open();
  void must_open();
  void close() { journal.reset(); }
  void reopen();
  // Simulates a kill: the folder continues as it is at this moment, under another name.
  void crash();

  AppendOutcome append(std::uint64_t n, std::size_t bytes = 200);
  void must_append(std::uint64_t first, std::uint64_t last, std::size_t bytes = 200);

  // Reads one batch, and settles it as stored if requested.
  bool read(std::vector<Delivered>& to, bool is_settling, std::size_t records_max = 1000,
            std::size_t bytes_max = kBatchBytes);
  std::vector<Delivered> drain();
  std::vector<Delivered> look();

  bool is_balanced() const;

  std::vector<std::string> names(std::string_view suffix) const;
  std::string path(const std::string& name) const { return text(settings.directory, '/', name); }
  // The path of the segment file at that index among the existing ones.
  std::string segment_path(std::size_t index = 0) const;
  // The size of everything in the folder. A file that disappears meanwhile counts as zero.
  std::uint64_t bytes_on_disk() const;

  // Lets time pass until the condition holds; false after half a minute.
  bool wait_until(const std::function<bool()>& holds);

  test::FakeClock clock;
  test::RecordingLogger logger;
  PosixFileSystem posix;
  test::FaultyFileSystem files{posix};
  Journal::Settings settings;
  std::unique_ptr<Journal> journal;
  ReadBatch batch;
  Status last_error;
  // Read by faults, which may outlive a test whose assertion fails.
  std::atomic<int> dial{0};

 private:
  const std::string root_;
  int runs_ = 0;
};

// The workbench is the test's state, so that a failed assertion, which skips destructors, leaves
// neither its thread nor its folder.
int set_up_mapped(void** state);
int set_up_plain(void** state);
int tear_down(void** state);
inline Workbench& bench_of(void** state) { return *static_cast<Workbench*>(*state); }

#define ON_MAPPED(test) cmocka_unit_test_setup_teardown(test, set_up_mapped, tear_down)
#define ON_PLAIN(test) cmocka_unit_test_setup_teardown(test, set_up_plain, tear_down)

// Whether it is that record, as it was appended.
bool is_record(const Delivered& delivered, std::uint64_t n, std::size_t bytes = 200);
bool are_records(const std::vector<Delivered>& delivered, std::uint64_t first, std::uint64_t last,
                 std::size_t bytes = 200);

}  // namespace mongo_store::journal
