// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/unit/journal/power_loss_machine.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/text.h"

namespace mongo_store::journal {
namespace {

constexpr const char* kFolder = "/journal";
constexpr const char* kShadow = "/shadow";
constexpr std::uint64_t kNewRecord = 1'000'000;  // appended after a recovery

std::size_t body_bytes(std::uint64_t n) {
  n %= kRecordsOfAMachine;
  return n % 13 == 0 ? 9000 + n : 60 + n * 37 % 1500;
}

// A power loss before such a call is the same as one before the next call.
bool changes_nothing(std::string_view call) {
  return call == "read" || call == "open" || call == "list" || call == "lock";
}

}  // namespace

Machine::Machine(Medium medium, std::int64_t sync_interval_ms, std::uint64_t first_record)
    : next_(first_record), disk_(std::make_unique<test::MemoryFileSystem>()) {
  settings_.directory = kFolder;
  settings_.medium = medium;
  settings_.sync_interval_ms = sync_interval_ms;
  settings_.bytes_max = 64 * kSegmentBytes;
  settings_.context = {std::byte{'c'}};
  plug_in();
}

bool Machine::open() {
  Result<std::unique_ptr<Journal>> opened = Journal::open(settings_, *files_, clock_, logger_);
  if (!opened.is_ok()) return false;
  journal_ = std::move(opened).value();
  return true;
}

bool Machine::append(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!append_one(body_bytes(next_))) return false;
  }
  return true;
}

bool Machine::fill_segment() {
  for (int i = 0; i < 4; ++i) {
    if (!append_one(1'040'000)) return false;
  }
  return true;
}

bool Machine::synchronise() {
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

bool Machine::settle(std::size_t count) {
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
    count -= std::min<std::size_t>(count, batch.records.size() + batch.damaged);
  }
  return true;
}

bool Machine::settle_all_but(std::uint64_t count) {
  const std::uint64_t pending = journal_->balance().pending;
  return pending <= count || settle(pending - count);
}

bool Machine::store_checkpoint() {
  return wait_until([this] {
    const auto checkpoint = CheckpointFile::open(*disk_, text(kFolder, '/', kCheckpointName));
    return checkpoint.is_ok() && is_everything_durable() &&
           checkpoint.value()->current().position.sequence == settled_sequence_;
  });
}

void Machine::lose_power(std::uint64_t seed) {
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

void Machine::kill() {
  {
    const Lock lock(files_->mutex());
    is_killed_ = true;
  }
  journal_.reset();
  is_killed_ = false;
  plug_in();
}

void Machine::inherit_blocks(const Machine& other) {
  const auto names = other.disk_->list(kFolder);
  for (const std::string& name : names.value()) {
    if (!segment_number(name)) continue;
    const auto file = other.disk_->open(text(kFolder, '/', name));
    stale_.resize(kSegmentBytes);
    (void)file.value()->read(0, stale_);
    return;
  }
}

void Machine::watch() {
  const Lock lock(files_->mutex());
  is_watched_ = true;
}

std::string Machine::failure() {
  const Lock lock(files_->mutex());
  return failure_;
}

void Machine::plug_in() {
  files_ = std::make_unique<test::PowerLossFileSystem>(*disk_, kShadow);
  files_->set_hook([this](const test::FileCall& call) {
    if (is_killed_) return test::Fault{Status::io("killed"), false};
    on_call(call);
    return test::Fault();
  });
  note(files_->make_directory(kFolder));
}

test::PowerLoss Machine::loss(std::uint64_t seed) const {
  return {kFolder, kShadow, seed, stale_, text('/', kAttemptsName)};
}

bool Machine::append_one(std::size_t bytes) {
  const std::string body = body_of(next_, bytes);
  const Lock lock(files_->mutex());
  const std::uint64_t sequence = journal_->balance().appended + 1;
  appended_.push_back({next_, sequence, body});
  const auto outcome = journal_->append(id_of(next_), as_bytes(body), {});
  if (settings_.sync_interval_ms == 0) durable_ = appended_.size();
  ++next_;
  return outcome == AppendOutcome::kAppended;
}

bool Machine::is_everything_durable() {
  const Lock lock(files_->mutex());
  const Result<bool> durable = test::is_all_durable(loss(0), *disk_);
  return durable.is_ok() && durable.value();
}

bool Machine::wait_until(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    clock_.advance_ms(settings_.sync_interval_ms + 100);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const Lock lock(files_->mutex());
    if (holds()) return true;
  }
  return false;
}

void Machine::on_call(const test::FileCall& call) {
  if (!is_watched_ || !failure_.empty() || changes_nothing(call.name)) return;
  ++calls_;
  if (calls_ % kScale.calls_between != 0) return;
  settled_at_least_ = 0;
  const auto call_number = static_cast<std::uint64_t>(calls_ / kScale.calls_between);
  for (const std::uint64_t seed : {std::uint64_t{0}, 1 + call_number % 3, 3 + call_number}) {
    test::MemoryFileSystem after;
    note(test::compose(loss(seed), *disk_, after, kFolder));
    std::vector<Delivered> found;
    note_failure(recover_from(after, found),
                 text("before call ", calls_, ", ", call.name, " of ", call.path, ", seed ", seed));
    if (seed == 0) settled_at_least_ = settled_in_last_;
  }
}

std::string Machine::recover_from(test::MemoryFileSystem& disk, std::vector<Delivered>& found) {
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

std::string Machine::compare(const std::vector<Delivered>& found, std::uint64_t first) {
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

bool Machine::is_promised(std::size_t index, std::uint64_t first) const {
  return index < durable_ && appended_[index].sequence >= first;
}

std::string Machine::missing(std::size_t index) const {
  return text("record ", appended_[index].n, " (number ", appended_[index].sequence,
              ") is missing, though promised");
}

void Machine::note_failure(const std::string& what, const std::string& when) {
  if (!what.empty() && failure_.empty()) failure_ = text(what, ", ", when);
}

}  // namespace mongo_store::journal
