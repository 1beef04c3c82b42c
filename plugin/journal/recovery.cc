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

// The content of a segment file.
enum class Holding { kNothing, kRecords, kDamage, kHeadless, kUnreadable };

struct SegmentFinding {
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
    Status taken = sort_segments(numbers.value());
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

  // First down from the newest segment to the first one with a readable record; older ones are left
  // to the reader. Then up again, so that damage gets higher sequence numbers than records.
  Status sort_segments(const std::vector<std::uint64_t>& numbers) {
    std::vector<SegmentFinding> findings;  // newest first
    auto number = numbers.rbegin();
    for (; number != numbers.rend() && !is_settled(*number); ++number) {
      Result<SegmentFinding> examined = examine(*number);
      if (!examined.is_ok()) return examined.status();
      if (examined.value().holding == Holding::kNothing) {
        remove(*number, false);  // it was only ready
        continue;
      }
      findings.push_back(examined.value());
      if (findings.back().holding == Holding::kRecords) break;
    }
    if (!findings.empty() && findings.back().holding == Holding::kRecords) ++number;
    for (; number != numbers.rend(); ++number) {
      if (is_settled(*number)) {
        remove(*number, false);  // the process ended in between
      } else {
        keep(*number);
      }
    }
    std::reverse(recovered_.segments.begin(), recovered_.segments.end());
    for (auto finding = findings.rbegin(); finding != findings.rend(); ++finding) {
      keep_newest(*finding, finding + 1 == findings.rend());
    }
    return {};
  }

  // A file that can't be removed now still needs its space, and is tried again later.
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

  void keep(std::uint64_t number) {
    auto segment = std::make_unique<Segment>(number, 0);
    segment->committed.store(kSegmentBytes, std::memory_order_relaxed);
    budget_.take(kSegmentBytes);
    recovered_.segments.push_back(std::move(segment));
  }

  // Afterwards its bytes are in bytes_, with zeros for those that are missing or can't be read.
  Result<SegmentFinding> examine(std::uint64_t number) {
    SegmentFinding finding;
    finding.number = number;
    const std::string file_path = path(segment_name(number));
    const Result<std::unique_ptr<File>> file = files_.open(file_path);
    if (!file.is_ok()) return file.status();
    std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
    const Result<Unread> unread = read_around(*file.value(), 0, bytes_);
    examined_number_ = number;
    if (!unread.is_ok()) {
      logger_.log(LogLevel::kError, text("journal: ", unread.message()));
      finding.holding = Holding::kUnreadable;
      finding.unread = {kSegmentBytes, 0, kSegmentBytes};
      return finding;
    }
    finding.unread = unread.value();
    finding.is_blank = nonzero_end(bytes_) == 0;
    const Result<SegmentHeader> header = decode_segment_header(bytes_);
    if (header.code() == StatusCode::kRefuse) {
      return Status::refuse(text("the journal segment ", file_path, " was written by a newer ",
                                 "mosquitto-mongo-store: ", header.message()));
    }
    finding.has_header = header.is_ok();
    if (finding.has_header) {
      finding.is_mapped = header.value().is_mapped;
      finding.scan = scan_segment(bytes_, header.value().epoch);
    } else {
      finding.scan.residue_end = std::max(kFirstRecordOffset, nonzero_end(bytes_));
    }
    finding.holding = holding_of(finding);
    return finding;
  }

  static Holding holding_of(const SegmentFinding& finding) {
    if (finding.scan.records > 0) return Holding::kRecords;
    if (!finding.has_header && !finding.is_blank) return Holding::kHeadless;
    const bool is_empty = finding.is_read_whole() && finding.scan.residue_end == kFirstRecordOffset;
    if (is_empty) return Holding::kNothing;
    return finding.has_header ? Holding::kDamage : Holding::kHeadless;
  }

  // Adds a segment that was examined. `is_last`: nothing was appended after it.
  void keep_newest(const SegmentFinding& finding, bool is_last) {
    const bool is_there = finding.number == examined_number_ || examine(finding.number).is_ok();
    if (finding.scan.records > 0) {
      recovered_.next_sequence = std::max(recovered_.next_sequence, finding.scan.last_sequence + 1);
      recovered_.last_id = std::max(recovered_.last_id, finding.scan.last_id);
    }
    if (is_last && is_there && wipe_half_written(finding)) {
      if (finding.scan.records > 0) keep(finding.number);
      return;
    }
    if (finding.scan.residue_end > finding.scan.records_end && !is_passed(finding) && is_there) {
      recovered_.next_sequence += count_damaged(bytes_, finding.scan, recovered_.next_sequence);
    }
    keep_numbers_of_unread(finding);
    const bool may_be_read = finding.has_header || !finding.is_read_whole();
    if (may_be_read || !damage_.set_aside_whole(finding.number)) keep(finding.number);
  }

  // Bytes that can't be read now may be readable when the reader gets there. Their numbers must not
  // be used for new records, because the reader would confuse the two.
  void keep_numbers_of_unread(const SegmentFinding& finding) {
    const Position& position = recovered_.checkpoint.position;
    std::uint64_t begin = finding.scan.records_end;
    if (position.segment == finding.number) begin = std::max(begin, position.offset);
    std::uint64_t end = finding.unread.end;
    if (!finding.is_read_whole() && !finding.has_header)
      end = std::max(end, finding.scan.residue_end);
    if (end <= begin) return;
    const std::uint64_t most = (end - begin) / record_bytes(0) + 1;
    recovered_.next_sequence += most;
    logger_.log(LogLevel::kError, text("journal: ", finding.unread.bytes, " bytes of ",
                                       path(segment_name(finding.number)), " can't be read; ", most,
                                       " sequence numbers are reserved for the records in them, "
                                       "and count as damaged if there are none"));
  }

  // The last record before an unclean end, which was never acknowledged. A segment that contains
  // nothing else is removed.
  bool wipe_half_written(const SegmentFinding& finding) {
    if (recovered_.checkpoint.is_clean || !finding.is_read_whole() || is_passed(finding))
      return false;
    if (finding.holding != Holding::kRecords && finding.holding != Holding::kDamage) return false;
    if (finding.scan.residue_end == finding.scan.records_end) return false;
    if (!is_half_written(bytes_, finding.scan, finding.is_mapped)) return false;
    const std::string file_path = path(segment_name(finding.number));
    if (finding.scan.records == 0) return files_.unlink(file_path).is_ok();
    const Result<std::unique_ptr<File>> file = files_.open(file_path);
    if (!file.is_ok()) return false;
    const ByteBuffer zeros(finding.scan.residue_end - finding.scan.records_end);
    const Status wiped = file.value()->write(finding.scan.records_end, zeros);
    return wiped.is_ok() && file.value()->sync().is_ok();
  }

  // Whether an earlier run counted the damage after its records.
  bool is_passed(const SegmentFinding& finding) const {
    const Position& position = recovered_.checkpoint.position;
    return position.segment == finding.number && position.offset > finding.scan.records_end;
  }

  // Without a checkpoint everything here is delivered again, and the counts restart with the first
  // readable record.
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
                                         " is lost; all remaining records are delivered again, and "
                                         "the counts start from zero"));
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
  ByteBuffer bytes_;  // of the segment that was examined last
  std::uint64_t examined_number_ = 0;
  Recovered recovered_;
};

}  // namespace

Result<Recovered> recover(const std::string& directory, const CheckpointFile& checkpoint,
                          FileSystem& files, SpaceBudget& budget, Logger& logger) {
  return Recovery(directory, files, budget, logger).run(checkpoint);
}

}  // namespace mongo_store::journal
