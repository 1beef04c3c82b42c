// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/memory_file_system.h"
#include "tests/support/power_loss/composition.h"
#include "tests/support/power_loss/power_loss_file_system.h"
#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {

// A machine that begins so many records later has bodies of the same sizes.
inline constexpr std::uint64_t kRecordsOfAMachine = 1000;

// How much is tried. A sanitizer makes each recovery many times slower, and looks for other faults
// than a recovery's; a release build tries everything.
struct Scale {
  int calls_between;  // two power losses
  int rounds;         // of a life
  std::uint64_t starts;
};
#if defined(__SANITIZE_THREAD__)
inline constexpr Scale kScale{64, 1, 1};
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr Scale kScale{8, 2, 4};
#else
inline constexpr Scale kScale{1, 2, 4};
#endif

// A journal on a disk that can lose its power, and what it has promised so far. While it is
// watched, the power is lost before each call to the file system that changes something, in several
// ways: what was promised until then is recovered as it was written, and nothing else. Of a test's
// thread; the journal's own threads call the file system.
class Machine {
 public:
  Machine(Medium medium, std::int64_t sync_interval_ms, std::uint64_t first_record);

  bool open();
  void close() { journal_.reset(); }

  bool append(std::size_t count);
  // Large ones, until another segment is appended to.
  bool fill_segment();
  // An interval passes; false unless everything that was appended is durable then.
  bool synchronise();
  // Settles that many records more.
  bool settle(std::size_t count);
  // So that no more are pending.
  bool settle_all_but(std::uint64_t count);
  // What was settled is in a checkpoint, and what that leaves behind is retired.
  bool store_checkpoint();

  // The power is lost, and comes back; whatever is recovered then is durable.
  void lose_power(std::uint64_t seed);
  // The process is killed; what it left to the kernel is still there.
  void kill();
  // The blocks of this machine's disk hold what that one's held, where nothing was written since.
  void inherit_blocks(const Machine& other);

  void watch();
  int calls() const { return calls_; }
  // Empty: everything held.
  std::string failure();

 private:
  using Lock = std::lock_guard<std::recursive_mutex>;

  struct Appended {
    std::uint64_t n = 0;
    std::uint64_t sequence = 0;
    std::string body;
  };

  void plug_in();
  test::PowerLoss loss(std::uint64_t seed) const;
  bool append_one(std::size_t bytes);
  bool is_everything_durable();
  bool wait_until(const std::function<bool()>& holds);
  // Any thread, before each call.
  void on_call(const test::FileCall& call);
  // What is wrong with what a start on that disk finds; empty: nothing.
  std::string recover_from(test::MemoryFileSystem& disk, std::vector<Delivered>& found);
  // `first`: the sequence number from which on nothing is settled, as the checkpoint has it.
  std::string compare(const std::vector<Delivered>& found, std::uint64_t first);
  bool is_promised(std::size_t index, std::uint64_t first) const;
  std::string missing(std::size_t index) const;
  void note_failure(const std::string& what, const std::string& when);
  void note(const Status& status) { note_failure(status.message(), "in the model"); }

  std::uint64_t next_;  // record
  Journal::Settings settings_;
  test::FakeClock clock_;
  test::RecordingLogger logger_;
  std::unique_ptr<test::MemoryFileSystem> disk_;
  std::unique_ptr<test::PowerLossFileSystem> files_;
  ByteBuffer stale_;
  std::vector<Appended> appended_;      // the last one perhaps not whole
  std::size_t durable_ = 0;             // of them
  std::uint64_t settled_sequence_ = 1;  // everything before it is
  std::uint64_t settled_at_least_ = 0;  // as the device has it
  std::uint64_t settled_in_last_ = 0;   // as the last recovery found it
  bool is_watched_ = false;
  bool is_killed_ = false;
  int calls_ = 0;  // that change something, while it is watched
  std::string failure_;
  std::unique_ptr<Journal> journal_;  // ends first
};

}  // namespace mongo_store::journal
