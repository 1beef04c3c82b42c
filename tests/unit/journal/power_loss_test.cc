// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/power_loss/composition.h"
#include "tests/support/power_loss/power_loss_file_system.h"
#include "tests/unit/journal/workbench.h"

// At each call to the file system the power is lost, in several ways: what was promised until then
// is recovered as it was written, and nothing else.
namespace mongo_store::journal {
namespace {

constexpr const char* kFolder = "/journal";
constexpr const char* kShadow = "/shadow";
constexpr std::uint64_t kNewRecord = 1'000'000;  // appended after a recovery

constexpr std::uint64_t kRecordsOfAMachine = 1000;

// The same from one machine to the next.
std::size_t body_bytes(std::uint64_t n) {
  n %= kRecordsOfAMachine;
  return n % 13 == 0 ? 9000 + n : 60 + n * 37 % 1500;
}

// How much is tried. A sanitizer makes each recovery many times slower, and looks for other faults
// than a recovery's; a release build tries everything.
struct Scale {
  int calls_between;  // two power losses
  int rounds;         // of a life
  std::uint64_t starts;
};
#if defined(__SANITIZE_THREAD__)
constexpr Scale kScale{64, 1, 1};
#elif defined(__SANITIZE_ADDRESS__)
constexpr Scale kScale{8, 2, 4};
#else
constexpr Scale kScale{1, 2, 4};
#endif

struct Appended {
  std::uint64_t n = 0;
  std::uint64_t sequence = 0;
  std::string body;
};

// A journal on a disk that can lose its power, and what it has promised so far.
class Machine {
 public:
  Machine(Medium medium, std::int64_t sync_interval_ms, std::uint64_t first_record)
      : next_(first_record), disk_(std::make_unique<test::MemoryFileSystem>()) {
    settings_.directory = kFolder;
    settings_.medium = medium;
    settings_.sync_interval_ms = sync_interval_ms;
    settings_.bytes_max = 64 * kSegmentBytes;
    settings_.context = {std::byte{'c'}};
    plug_in();
  }

  bool open() {
    Result<std::unique_ptr<Journal>> opened = Journal::open(settings_, *files_, clock_, logger_);
    if (!opened.is_ok()) return false;
    journal_ = std::move(opened).value();
    return true;
  }
  void close() { journal_.reset(); }

  bool append(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!append_one(body_bytes(next_))) return false;
    }
    return true;
  }
  // Large ones, until another segment is appended to.
  bool fill_segment() {
    for (int i = 0; i < 4; ++i) {
      if (!append_one(1'040'000)) return false;
    }
    return true;
  }

  // An interval passes; false unless everything that was appended is durable then.
  bool synchronise() {
    std::size_t count = 0;
    {
      const Lock lock(files_->mutex());
      count = appended_.size();
    }
    if (!wait_until([this] { return is_everything_durable(); })) return false;
    const Lock lock(files_->mutex());
    durable_ = std::max(durable_, count);
    return true;
  }

  // Settles that many records more.
  bool settle(std::size_t count) {
    ReadBatch batch;
    while (count > 0) {
      const Result<bool> read = journal_->read(batch, count, kBatchBytes);
      if (!read.is_ok() || !read.value()) return false;
      SettledCounts counts;
      counts.stored = batch.records.size();
      counts.damaged = batch.damaged;
      const Lock lock(files_->mutex());
      settled_sequence_ = batch.end.sequence;
      journal_->advance(batch.end, counts, batch.last_id);
      count -= batch.records.size();
    }
    return true;
  }
  // So that no more are pending.
  bool settle_all_but(std::uint64_t count) {
    const std::uint64_t pending = journal_->balance().pending;
    return pending <= count || settle(pending - count);
  }
  // What was settled is in a checkpoint, and what that leaves behind is retired.
  bool store_checkpoint() {
    return wait_until([this] {
      const auto checkpoint = CheckpointFile::open(*disk_, text(kFolder, '/', kCheckpointName));
      return checkpoint.is_ok() && is_everything_durable() &&
             checkpoint.value()->current().position.sequence == settled_sequence_;
    });
  }

  // The power is lost, and comes back; whatever is recovered then is durable.
  void lose_power(std::uint64_t seed) {
    auto after = std::make_unique<test::MemoryFileSystem>();
    {
      const Lock lock(files_->mutex());
      note(test::compose(loss(seed), *disk_, *after, kFolder));
      is_watched_ = false;
    }
    journal_.reset();
    disk_ = std::move(after);
    plug_in();
    std::vector<Delivered> found;
    {
      test::MemoryFileSystem copy;
      note(test::compose(loss(1), *disk_, copy, kFolder));
      note_failure(recover_from(copy, found), "after the power came back");
    }
    appended_.clear();
    for (const Delivered& one : found) {
      appended_.push_back({std::stoull(one.body), one.sequence, one.body});
    }
    durable_ = appended_.size();
  }

  // The process is killed; what it left to the kernel is still there.
  void kill() {
    {
      const Lock lock(files_->mutex());
      is_killed_ = true;
    }
    journal_.reset();
    is_killed_ = false;
    plug_in();
  }

  // The blocks of this machine's disk hold what that one's held, where nothing was written since.
  void inherit_blocks(const Machine& other) {
    const auto names = other.disk_->list(kFolder);
    for (const std::string& name : names.value()) {
      if (!segment_number(name)) continue;
      const auto file = other.disk_->open(text(kFolder, '/', name));
      stale_.resize(kSegmentBytes);
      (void)file.value()->read(0, stale_);
      return;
    }
  }

  void watch() {
    const Lock lock(files_->mutex());
    is_watched_ = true;
  }
  int calls() const { return calls_; }
  // Empty: everything held.
  std::string failure() {
    const Lock lock(files_->mutex());
    return failure_;
  }

 private:
  using Lock = std::lock_guard<std::recursive_mutex>;

  void plug_in() {
    files_ = std::make_unique<test::PowerLossFileSystem>(*disk_, kShadow);
    files_->set_hook([this](const test::FileCall& call) {
      if (is_killed_) return test::Fault{Status::io("killed"), false};
      on_call(call);
      return test::Fault();
    });
    note(files_->make_directory(kFolder));
  }

  test::PowerLoss loss(std::uint64_t seed) const {
    return {kFolder, kShadow, seed, stale_, text('/', kAttemptsName)};
  }

  bool append_one(std::size_t bytes) {
    const std::string body = body_of(next_, bytes);
    const Lock lock(files_->mutex());
    const std::uint64_t sequence = journal_->balance().appended + 1;
    appended_.push_back({next_, sequence, body});
    const auto outcome = journal_->append(id_of(next_), as_bytes(body), {});
    if (settings_.sync_interval_ms == 0) durable_ = appended_.size();
    ++next_;
    return outcome == AppendOutcome::kAppended;
  }

  bool is_everything_durable() {
    const Lock lock(files_->mutex());
    const Result<bool> durable = test::is_all_durable(loss(0), *disk_);
    return durable.is_ok() && durable.value();
  }

  template <typename Holds>
  bool wait_until(const Holds& holds) {
    for (int i = 0; i < 3000; ++i) {
      clock_.advance_ms(settings_.sync_interval_ms + 100);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const Lock lock(files_->mutex());
      if (holds()) return true;
    }
    return false;
  }

  // Any thread, before each call.
  void on_call(const test::FileCall& call) {
    if (!is_watched_ || !failure_.empty() || changes_nothing(call.name)) return;
    ++calls_;
    if (calls_ % kScale.calls_between != 0) return;
    settled_at_least_ = 0;
    const auto call_number = static_cast<std::uint64_t>(calls_ / kScale.calls_between);
    for (const std::uint64_t seed : {std::uint64_t{0}, 1 + call_number % 3, 3 + call_number}) {
      test::MemoryFileSystem after;
      note(test::compose(loss(seed), *disk_, after, kFolder));
      std::vector<Delivered> found;
      note_failure(recover_from(after, found), text("before call ", calls_, ", ", call.name, " of ",
                                                    call.path, ", seed ", seed));
      if (seed == 0) settled_at_least_ = settled_in_last_;
    }
  }

  // The power loss at the next call is the same.
  static bool changes_nothing(std::string_view call) {
    return call == "read" || call == "open" || call == "list" || call == "lock";
  }

  // What is wrong with what a start on that disk finds; empty: nothing.
  std::string recover_from(test::MemoryFileSystem& disk, std::vector<Delivered>& found) {
    test::FakeClock clock;
    test::RecordingLogger logger;
    Result<std::unique_ptr<Journal>> opened = Journal::open(settings_, disk, clock, logger);
    if (!opened.is_ok()) return text("it doesn't open: ", opened.message());
    Journal& journal = *opened.value();
    const std::uint64_t first = journal.balance().settled.total() + 1;
    const std::string fresh = body_of(kNewRecord, 100);
    if (journal.append(id_of(kNewRecord), as_bytes(fresh), {}) != AppendOutcome::kAppended) {
      return "nothing can be appended";
    }
    ReadBatch batch;
    for (;;) {
      const Result<bool> read = journal.read(batch, 1000, kBatchBytes);
      if (!read.is_ok()) return read.message();
      if (!read.value()) break;
      for (const RecordView& one : batch.records) {
        found.push_back({one.sequence, one.id, as_string(one.body), as_string(batch.context)});
      }
      SettledCounts counts;
      counts.stored = batch.records.size();
      counts.damaged = batch.damaged;
      journal.advance(batch.end, counts, batch.last_id);
    }
    if (journal.balance().pending != 0) return "the balance isn't zero when all is read";
    if (found.empty() || found.back().body != fresh) return "what was appended then is not read";
    found.pop_back();
    return compare(found, first);
  }

  // `first`: the sequence number from which on nothing is settled, as the checkpoint has it.
  std::string compare(const std::vector<Delivered>& found, std::uint64_t first) {
    if (first < settled_at_least_) return "a checkpoint that was durable is lost";
    if (first > settled_sequence_) return "a checkpoint is beyond what was settled";
    settled_in_last_ = first;
    std::size_t at = 0;
    for (const Delivered& one : found) {
      while (at < appended_.size() && appended_[at].sequence < one.sequence) {
        if (is_promised(at, first)) return missing(at);
        ++at;
      }
      if (one.sequence < first) return text("number ", one.sequence, " was settled");
      if (at == appended_.size() || appended_[at].sequence != one.sequence ||
          one.id != id_of(appended_[at].n) || one.body != appended_[at].body) {
        return text("number ", one.sequence, " is not what was appended");
      }
      ++at;
    }
    for (; at < appended_.size(); ++at) {
      if (is_promised(at, first)) return missing(at);
    }
    return {};
  }

  bool is_promised(std::size_t index, std::uint64_t first) const {
    return index < durable_ && appended_[index].sequence >= first;
  }
  std::string missing(std::size_t index) const {
    return text("record ", appended_[index].n, " (number ", appended_[index].sequence,
                ") is missing, though promised");
  }

  void note_failure(const std::string& what, const std::string& when) {
    if (!what.empty() && failure_.empty()) failure_ = text(what, ", ", when);
  }
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

constexpr std::int64_t kAlways = 0;
constexpr std::int64_t kInterval = 100;

template <Medium medium, std::int64_t sync_interval_ms>
int set_up(void** state) {
  *state = new Machine(medium, sync_interval_ms, 1);
  return 0;
}
int tear_down_machine(void** state) {
  delete static_cast<Machine*>(*state);
  return 0;
}
Machine& machine_of(void** state) { return *static_cast<Machine*>(*state); }

bool has_held(Machine& machine) {
  const std::string failure = machine.failure();
  if (!failure.empty()) print_message("%s\n", failure.c_str());
  return failure.empty();
}

// Appends, synchronisations, segments' ends, checkpoints and retirements.
void live(Machine& machine) {
  for (int round = 0; round < kScale.rounds; ++round) {
    assert_true(machine.append(12));
    assert_true(machine.synchronise());
    assert_true(machine.append(6));
    assert_true(machine.fill_segment());
    assert_true(machine.append(3));
    assert_true(machine.settle(round == 0 ? 12 : 28));  // into the second segment
    assert_true(machine.store_checkpoint());
  }
}

void whatever_was_promised_survives_a_power_loss_at_any_call(void** state) {
  Machine& machine = machine_of(state);
  machine.watch();
  assert_true(machine.open());
  live(machine);
  machine.close();
  assert_true(machine.open());
  assert_true(machine.append(5));
  machine.close();
  assert_true(has_held(machine));
  assert_true(machine.calls() > 60);
}

void a_start_after_a_power_loss_stands_another_one_at_any_call(void** state) {
  Machine& machine = machine_of(state);
  assert_true(machine.open());
  assert_true(machine.append(5));
  assert_true(machine.synchronise());
  for (std::uint64_t seed = 4; seed < 4 + kScale.starts; ++seed) {
    assert_true(machine.append(15));
    if (seed % 2 == 0) assert_true(machine.fill_segment());
    machine.lose_power(seed);
    machine.watch();
    assert_true(machine.open());
    assert_true(machine.append(2));
    assert_true(machine.synchronise());
    assert_true(machine.settle_all_but(10));
    assert_true(machine.store_checkpoint());
    assert_true(has_held(machine));
  }
}

void what_a_killed_process_left_is_synchronised_by_the_next_one(void** state) {
  Machine& machine = machine_of(state);
  assert_true(machine.open());
  for (int kills = 0; kills < 2; ++kills) {
    assert_true(machine.append(12));
    assert_true(machine.synchronise());
    assert_true(machine.append(6));
    assert_true(machine.fill_segment());
    assert_true(machine.append(3));
    machine.kill();
    assert_true(machine.open());
  }
  assert_true(machine.synchronise());
  machine.watch();
  assert_true(machine.append(2));
  assert_true(machine.synchronise());
  machine.close();
  assert_true(has_held(machine));
}

bool inherit_blocks(Machine& machine) {
  Machine before(Medium::kMappable, kInterval, 1 + kRecordsOfAMachine);
  if (!before.open() || !before.append(60)) return false;
  machine.inherit_blocks(before);
  return true;
}

void what_another_segment_left_on_the_device_is_never_a_record(void** state) {
  Machine& machine = machine_of(state);
  assert_true(inherit_blocks(machine));
  machine.watch();
  assert_true(machine.open());
  for (int i = 0; i < 10; ++i) {
    assert_true(machine.append(2));
    assert_true(machine.synchronise());
    assert_true(machine.append(4));
  }
  assert_true(has_held(machine));
}

#define ON_MACHINE(test, medium, sync) \
  { #test " (" #medium ", " #sync ")", test, set_up < medium, sync>, tear_down_machine, nullptr }

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  using enum Medium;
  // Whole segments are allocated all the time: their memory isn't given back in between.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const CMUnitTest tests[] = {
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kMappable, kAlways),
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kMappable, kInterval),
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kPlain, kAlways),
      ON_MACHINE(whatever_was_promised_survives_a_power_loss_at_any_call, kPlain, kInterval),
      ON_MACHINE(a_start_after_a_power_loss_stands_another_one_at_any_call, kMappable, kAlways),
      ON_MACHINE(a_start_after_a_power_loss_stands_another_one_at_any_call, kMappable, kInterval),
      ON_MACHINE(a_start_after_a_power_loss_stands_another_one_at_any_call, kPlain, kInterval),
      ON_MACHINE(what_a_killed_process_left_is_synchronised_by_the_next_one, kMappable, kInterval),
      ON_MACHINE(what_a_killed_process_left_is_synchronised_by_the_next_one, kPlain, kInterval),
      ON_MACHINE(what_another_segment_left_on_the_device_is_never_a_record, kMappable, kInterval),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
