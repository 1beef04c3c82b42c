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

// Body sizes repeat after this many records, so a machine that starts that much later has the same
// sizes.
inline constexpr std::uint64_t kRecordsOfAMachine = 1000;

// How much is tried. A sanitizer makes each recovery many times slower, and looks for other kinds
// of faults. A release build tries everything.
struct Scale {
  int calls_between;  // between two power losses
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

// A journal on a disk that can lose power, and the promises that it has made. While it is watched,
// the power is lost, in several ways, before each call to the file system that changes something.
// Each recovery must find every promised record as it was written, and nothing else. For the test's
// thread only; the journal's threads call the file system.
class Machine {
 public:
  Machine(Medium medium, std::int64_t sync_interval_ms, std::uint64_t first_record);

  bool open();
  void close() { journal_.reset(); }

  bool append(std::size_t count);
  // Appends large records until another segment is active.
  bool fill_segment();
  // Lets an interval pass. False unless everything that was appended is durable afterwards.
  bool synchronise();
  // Settles that many more records.
  bool settle(std::size_t count);
  // Settles records until at most `count` are pending.
  bool settle_all_but(std::uint64_t count);
  // Returns when a checkpoint has the settled records, and the segments before it are retired.
  bool store_checkpoint();

  // The power is lost and restored. Everything that is recovered then is durable.
  void lose_power(std::uint64_t seed);
  // Kills the process. Data that it left to the kernel remain.
  void kill();
  // This machine's disk has the old content of the other machine's blocks, wherever nothing was
  // written since.
  void inherit_blocks(const Machine& other);

  void watch();
  int calls() const { return calls_; }
  // Empty: every promise was kept.
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
  // Called before each call to the file system, on any thread.
  void on_call(const test::FileCall& call);
  // Describes the error in a recovery from that disk; empty: there is none.
  std::string recover_from(test::MemoryFileSystem& disk, std::vector<Delivered>& found);
  // `first`: the first sequence number that the checkpoint doesn't count as settled.
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
  std::vector<Appended> appended_;      // the last one may be incomplete
  std::size_t durable_ = 0;             // how many of them are durable
  std::uint64_t settled_sequence_ = 1;  // everything before it is settled
  std::uint64_t settled_at_least_ = 0;  // on the device
  std::uint64_t settled_in_last_ = 0;   // found by the last recovery
  bool is_watched_ = false;
  bool is_killed_ = false;
  int calls_ = 0;  // those that change something while it is watched
  std::string failure_;
  std::unique_ptr<Journal> journal_;  // destroyed first
};

}  // namespace mongo_store::journal
