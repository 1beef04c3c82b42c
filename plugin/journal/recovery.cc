// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "journal/damage.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {
namespace {

// What a segment file turned out to hold.
enum class Holding { kNothing, kRecords, kDamage, kHeadless, kUnreadable };

struct Look {
  Holding holding = Holding::kNothing;
  std::uint64_t number = 0;
  bool has_header = false;
  bool is_blank = true;
  bool is_mapped = false;
  Unread unread;
  SegmentScan scan;

  bool is_read_whole() const { return unread.bytes == 0; }
};

class Recovery {
 public:
  Recovery(const std::string& directory, FileSystem& files, SpaceBudget& budget, Logger& logger)
      : directory_(directory),
        files_(files),
        budget_(budget),
        logger_(logger),
        damage_(directory, files, budget, logger),
        bytes_(kSegmentBytes) {}

  Result<Recovered> run(const CheckpointFile& checkpoint) {
    recovered_.checkpoint = checkpoint.current();
    recovered_.last_id = checkpoint.current().last_id;
    recovered_.next_sequence = checkpoint.current().position.sequence;
    const Result<std::vector<std::uint64_t>> numbers = list_segments();
    if (!numbers.is_ok()) return numbers.status();
    if (!numbers.value().empty()) recovered_.next_number = numbers.value().back() + 1;
    recovered_.next_number =
        std::max(recovered_.next_number, recovered_.checkpoint.position.segment + 1);
    for (const auto& left : recovered_.abandoned) {
      recovered_.next_number = std::max(recovered_.next_number, left->number + 1);
    }
    Status taken = take_segments(numbers.value());
    if (!taken.is_ok()) return taken;
    recovered_.next_sequence =
        std::max(recovered_.next_sequence, recovered_.checkpoint.next_sequence);
    if (!checkpoint.found_status().is_ok()) begin_again();
    recovered_.checkpoint.next_sequence = recovered_.next_sequence;
    return std::move(recovered_);
  }

 private:
  Result<std::vector<std::uint64_t>> list_segments() {
    const Result<std::vector<std::string>> names = files_.list(directory_);
    if (!names.is_ok()) return names.status();
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : names.value()) {
      if (const auto number = segment_number(name)) {
        numbers.push_back(*number);
      } else if (is_damaged_name(name) || is_payload_name(name)) {
        count_room(name);
      } else if (const auto unfinished = unfinished_segment_number(name)) {
        remove(*unfinished, true);
      }
    }
    return numbers;
  }

  void count_room(const std::string& name) {
    const Result<std::unique_ptr<File>> file = files_.open(path(name));
    if (!file.is_ok()) return;
    const Result<std::uint64_t> bytes = file.value()->size();
    if (bytes.is_ok()) budget_.take(bytes.value());
  }

  // From the newest down to the first with a record that can be read; those before it are left to
  // the reader. Then up again, so that the sequence numbers of damage come behind those of records.
  Status take_segments(const std::vector<std::uint64_t>& numbers) {
    std::vector<Look> looks;  // newest first
    auto number = numbers.rbegin();
    for (; number != numbers.rend() && !is_settled(*number); ++number) {
      Result<Look> looked = look_into(*number);
      if (!looked.is_ok()) return looked.status();
      if (looked.value().holding == Holding::kNothing) {
        remove(*number, false);  // it stood ready
        continue;
      }
      looks.push_back(looked.value());
      if (looks.back().holding == Holding::kRecords) break;
    }
    if (!looks.empty() && looks.back().holding == Holding::kRecords) ++number;
    for (; number != numbers.rend(); ++number) {
      if (is_settled(*number)) {
        remove(*number, false);  // the end came in between
      } else {
        take(*number);
      }
    }
    std::reverse(recovered_.segments.begin(), recovered_.segments.end());
    for (auto look = looks.rbegin(); look != looks.rend(); ++look) {
      take_newest(*look, look + 1 == looks.rend());
    }
    return {};
  }

  // A file that can't be removed now still takes its room, and is tried again later.
  void remove(std::uint64_t number, bool is_unfinished) {
    const std::string name = is_unfinished ? unfinished_segment_name(number) : segment_name(number);
    if (files_.unlink(path(name)).is_ok()) return;
    auto segment = std::make_unique<Segment>(number, 0);
    segment->is_unfinished = is_unfinished;
    budget_.take(kSegmentBytes);
    recovered_.abandoned.push_back(std::move(segment));
  }

  bool is_settled(std::uint64_t number) const {
    return number < recovered_.checkpoint.position.segment;
  }

  void take(std::uint64_t number) {
    auto segment = std::make_unique<Segment>(number, 0);
    segment->committed.store(kSegmentBytes, std::memory_order_relaxed);
    budget_.take(kSegmentBytes);
    recovered_.segments.push_back(std::move(segment));
  }

  // Its bytes are in bytes_ afterwards; zeros where it is cut short or can't be read.
  Result<Look> look_into(std::uint64_t number) {
    Look look;
    look.number = number;
    const std::string file_path = path(segment_name(number));
    const Result<std::unique_ptr<File>> file = files_.open(file_path);
    if (!file.is_ok()) return file.status();
    std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
    const Result<Unread> unread = read_around(*file.value(), 0, bytes_);
    looked_number_ = number;
    if (!unread.is_ok()) {
      logger_.log(LogLevel::kError, text("journal: ", unread.message()));
      look.holding = Holding::kUnreadable;
      look.unread = {kSegmentBytes, 0, kSegmentBytes};
      return look;
    }
    look.unread = unread.value();
    look.is_blank = nonzero_end(bytes_) == 0;
    const Result<SegmentHeader> header = decode_segment_header(bytes_);
    if (header.code() == StatusCode::kRefuse) {
      return Status::refuse(text("the journal segment ", file_path, " was written by a newer ",
                                 "mosquitto-mongo-store: ", header.message()));
    }
    look.has_header = header.is_ok();
    if (look.has_header) {
      look.is_mapped = header.value().is_mapped;
      look.scan = scan_segment(bytes_, header.value().epoch);
    } else {
      look.scan.residue_end = std::max(kFirstRecordOffset, nonzero_end(bytes_));
    }
    look.holding = holding_of(look);
    return look;
  }

  static Holding holding_of(const Look& look) {
    if (look.scan.records > 0) return Holding::kRecords;
    if (!look.has_header && !look.is_blank) return Holding::kHeadless;
    const bool is_empty = look.is_read_whole() && look.scan.residue_end == kFirstRecordOffset;
    if (is_empty) return Holding::kNothing;
    return look.has_header ? Holding::kDamage : Holding::kHeadless;
  }

  // One that was looked into. `is_last`: nothing was appended behind it.
  void take_newest(const Look& look, bool is_last) {
    const bool is_there = look.number == looked_number_ || look_into(look.number).is_ok();
    if (look.scan.records > 0) {
      recovered_.next_sequence = std::max(recovered_.next_sequence, look.scan.last_sequence + 1);
      recovered_.last_id = std::max(recovered_.last_id, look.scan.last_id);
    }
    if (is_last && is_there && wipe_half_written(look)) {
      if (look.scan.records > 0) take(look.number);
      return;
    }
    if (look.scan.residue_end > look.scan.records_end && !is_passed(look) && is_there) {
      recovered_.next_sequence += count_damaged(bytes_, look.scan, recovered_.next_sequence);
    }
    keep_numbers_of_unread(look);
    const bool may_be_read = look.has_header || !look.is_read_whole();
    if (may_be_read || !damage_.set_apart(look.number)) take(look.number);
  }

  // What can't be read now may be readable when the reader comes to it. No new record gets a number
  // that one of those may have, as the reader would take the second for the first.
  void keep_numbers_of_unread(const Look& look) {
    const Position& position = recovered_.checkpoint.position;
    std::uint64_t begin = look.scan.records_end;
    if (position.segment == look.number) begin = std::max(begin, position.offset);
    std::uint64_t end = look.unread.end;
    if (!look.is_read_whole() && !look.has_header) end = std::max(end, look.scan.residue_end);
    if (end <= begin) return;
    const std::uint64_t most = (end - begin) / record_bytes(0) + 1;
    recovered_.next_sequence += most;
    logger_.log(LogLevel::kError, text("journal: ", look.unread.bytes, " bytes of ",
                                       path(segment_name(look.number)), " can't be read; ", most,
                                       " sequence numbers are left out for what may be in "
                                       "them, and count as damaged where nothing is"));
  }

  // The last record of an unclean end, which was never acknowledged. A segment that holds nothing
  // else is removed.
  bool wipe_half_written(const Look& look) {
    if (recovered_.checkpoint.is_clean || !look.is_read_whole() || is_passed(look)) return false;
    if (look.holding != Holding::kRecords && look.holding != Holding::kDamage) return false;
    if (look.scan.residue_end == look.scan.records_end) return false;
    if (!is_half_written(bytes_, look.scan, look.is_mapped)) return false;
    const std::string file_path = path(segment_name(look.number));
    if (look.scan.records == 0) return files_.unlink(file_path).is_ok();
    const Result<std::unique_ptr<File>> file = files_.open(file_path);
    if (!file.is_ok()) return false;
    const ByteBuffer zeros(look.scan.residue_end - look.scan.records_end);
    const Status wiped = file.value()->write(look.scan.records_end, zeros);
    return wiped.is_ok() && file.value()->sync().is_ok();
  }

  // Whether the damage behind its records was counted in an earlier run.
  bool is_passed(const Look& look) const {
    const Position& position = recovered_.checkpoint.position;
    return position.segment == look.number && position.offset > look.scan.records_end;
  }

  // Without a checkpoint everything that is here is delivered again, and the counts begin anew with
  // the first record that can be read.
  void begin_again() {
    std::uint64_t first = recovered_.next_sequence;
    for (const auto& segment : recovered_.segments) {
      if (const auto found = first_sequence(*segment)) {
        first = *found;
        break;
      }
    }
    recovered_.checkpoint.base_sequence = first;
    recovered_.checkpoint.position = {0, 0, first};
    if (!recovered_.segments.empty()) {
      logger_.log(LogLevel::kError, text("journal: the checkpoint in ", directory_,
                                         " is lost; what is still there is delivered again, and "
                                         "the counts begin anew"));
    }
  }

  std::optional<std::uint64_t> first_sequence(const Segment& segment) {
    const Result<std::unique_ptr<File>> file = files_.open(path(segment_name(segment.number)));
    if (!file.is_ok()) return std::nullopt;
    std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
    if (!read_around(*file.value(), 0, bytes_).is_ok()) return std::nullopt;
    const Result<SegmentHeader> header = decode_segment_header(bytes_);
    if (!header.is_ok()) return std::nullopt;
    const auto at = next_record_at(bytes_, 0, kFirstRecordOffset, header.value().epoch, 1);
    if (!at) return std::nullopt;
    return decode_record_header(bytes_.data() + *at).sequence;
  }

  std::string path(const std::string& name) const { return text(directory_, '/', name); }

  const std::string& directory_;
  FileSystem& files_;
  SpaceBudget& budget_;
  Logger& logger_;
  DamageStore damage_;
  ByteBuffer bytes_;  // of the segment that was looked into last
  std::uint64_t looked_number_ = 0;
  Recovered recovered_;
};

}  // namespace

Result<Recovered> recover(const std::string& directory, const CheckpointFile& checkpoint,
                          FileSystem& files, SpaceBudget& budget, Logger& logger) {
  return Recovery(directory, files, budget, logger).run(checkpoint);
}

}  // namespace mongo_store::journal
