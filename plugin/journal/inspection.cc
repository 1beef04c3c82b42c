// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/inspection.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "journal/checkpoint_file.h"
#include "journal/segment_scan.h"

namespace mongo_store::journal {
namespace {

constexpr const char* kNoRecord = "these bytes aren't a record";

// Damage is reported once the next record is known: its number shows how much the damage cost.
struct UnreportedDamage {
  FoundDamage damage;
  bool is_unfinished = false;  // if nothing follows
};

class Walk {
 public:
  Walk(const std::string& directory, FileSystem& files, InspectionVisitor& visitor)
      : directory_(directory), files_(files), visitor_(visitor) {}

  Result<Inspection> run() {
    Status read = read_checkpoint_file();
    if (!read.is_ok()) return read;
    next_sequence_ = found_.checkpoint.next_sequence;
    const Result<std::vector<std::string>> names = files_.list(directory_);
    if (!names.is_ok()) return names.status();
    const std::vector<std::uint64_t> numbers = sort_names(names.value());
    find_horizon(numbers);
    for (const std::uint64_t number : numbers) {
      Status visited = visit_segment(number);
      if (!visited.is_ok()) return visited;
    }
    end();
    return std::move(found_);
  }

 private:
  Status read_checkpoint_file() {
    const Result<std::unique_ptr<File>> file = files_.open(path(kCheckpointName));
    if (file.code() == StatusCode::kAbsent) {
      found_.checkpoint_found = file.status();
      return {};
    }
    if (!file.is_ok()) return file.status();
    const Result<Checkpoint> read = read_checkpoint(*file.value());
    found_.checkpoint_found = read.status();
    if (read.code() == StatusCode::kRefuse) return newer(kCheckpointName, read.message());
    if (read.code() == StatusCode::kIo) return read.status();
    if (read.is_ok()) found_.checkpoint = read.value();
    return {};
  }

  Status newer(const std::string& name, const std::string& why) const {
    return Status::refuse(text(path(name), " was written by a newer mosquitto-mongo-store: ", why));
  }

  std::vector<std::uint64_t> sort_names(const std::vector<std::string>& names) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : names) {
      if (is_damaged_name(name)) {
        count_file(name, found_.set_aside_files, found_.set_aside_bytes);
      }
      if (is_payload_name(name)) {
        count_file(name, found_.kept_payloads, found_.kept_payload_bytes);
      }
      if (const auto number = segment_number(name)) numbers.push_back(*number);
    }
    return numbers;
  }

  // A broker may be appending: a pass could then see a later record but not yet an earlier one.
  // Therefore the last record is found first. Everything before it existed when the walk began;
  // everything that is appended later is ignored.
  void find_horizon(const std::vector<std::uint64_t>& numbers) {
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
      const Result<std::unique_ptr<File>> file = files_.open(path(segment_name(*number)));
      if (!file.is_ok() || !read_segment(*file.value()).is_ok()) continue;
      const Result<SegmentHeader> header = decode_segment_header(bytes_);
      if (!header.is_ok()) continue;
      const SegmentScan scan = scan_segment(bytes_, header.value().epoch);
      if (scan.records == 0) continue;
      horizon_segment_ = *number;
      horizon_offset_ = scan.records_end;
      return;
    }
  }

  void count_file(const std::string& name, std::uint64_t& files, std::uint64_t& bytes_in_all) {
    const Result<std::unique_ptr<File>> file = files_.open(path(name));
    const Result<std::uint64_t> bytes = file.is_ok() ? file.value()->size() : file.status();
    ++files;
    if (bytes.is_ok()) bytes_in_all += bytes.value();
  }

  Status visit_segment(std::uint64_t number) {
    const Result<std::unique_ptr<File>> file = files_.open(path(segment_name(number)));
    if (file.code() == StatusCode::kAbsent)
      return {};  // it was retired after the folder was listed
    if (!file.is_ok()) return file.status();
    ++found_.segments;
    number_ = number;
    const Result<std::uint64_t> read = read_segment(*file.value());
    if (read.is_ok()) found_.segment_bytes += read.value();
    if (!read.is_ok()) {
      begin_damage(0, kSegmentBytes, read.message(), 1);
      return {};
    }
    Result<SegmentHeader> header = decode_segment_header(bytes_);
    if (header.code() == StatusCode::kRefuse) return newer(segment_name(number), header.message());
    if (header.is_ok()) {
      visit_records(header.value());
    } else if (nonzero_end(bytes_) > kFirstRecordOffset) {
      begin_damage(0, kSegmentBytes, "neither copy of its header is whole", 1);
    } else {
      ++found_.ready_segments;
    }
    const std::uint64_t whole =
        header.is_ok() ? std::min(header.value().segment_bytes, kSegmentBytes) : kSegmentBytes;
    if (read.value() < whole) {
      begin_damage(read.value(), 0, text("the file is cut short: it should have ", whole, " bytes"),
                   0);
    }
    return {};
  }

  // Reads into bytes_, with zeros where the file ends. Returns the file's size.
  Result<std::uint64_t> read_segment(File& file) {
    bytes_.assign(kSegmentBytes, std::byte{0});
    const Result<std::uint64_t> bytes = file.size();
    if (!bytes.is_ok()) return bytes.status();
    const Result<Unread> read = read_around(file, 0, bytes_);
    if (!read.is_ok()) return read.status();
    return std::min(bytes.value(), kSegmentBytes);
  }

  void visit_records(const SegmentHeader& header) {
    forget_later_records(header.epoch);
    std::uint64_t end = kFirstRecordOffset;
    const auto on_record = [&](std::uint64_t offset, const RecordHeader& record) {
      if (offset > end) begin_damage(end, offset - end, kNoRecord, 1);
      visit_record(offset, record, header.context);
      end = offset + record_bytes(record.body_bytes);
    };
    const SegmentScan scan = scan_segment(bytes_, header.epoch, on_record);
    if (scan.residue_end > scan.records_end) visit_residue(scan, header.is_mapped);
    if (scan.records == 0 && scan.residue_end == kFirstRecordOffset) ++found_.ready_segments;
  }

  // A record after the horizon means that these bytes are being appended now.
  void forget_later_records(std::uint64_t epoch) {
    if (number_ < horizon_segment_) return;
    const std::uint64_t from = number_ > horizon_segment_ ? kFirstRecordOffset : horizon_offset_;
    if (scan_segment(bytes_, epoch).records_end <= from) return;
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(from), bytes_.end(), std::byte{0});
  }

  // Bytes after the last record.
  void visit_residue(const SegmentScan& scan, bool is_mapped) {
    const std::uint64_t next = std::max(expected_, found_.checkpoint.position.sequence);
    begin_damage(scan.records_end, scan.residue_end - scan.records_end, kNoRecord,
                 count_damaged(bytes_, scan, next));
    unreported_->is_unfinished =
        !found_.checkpoint.is_clean && is_half_written(bytes_, scan, is_mapped);
  }

  void visit_record(std::uint64_t offset, const RecordHeader& header, ByteView context) {
    end_damage_before(header.sequence, offset);
    expected_ = header.sequence + 1;
    FoundRecord record;
    record.segment = number_;
    record.offset = offset;
    record.sequence = header.sequence;
    record.id = header.id;
    record.is_settled = header.sequence < found_.checkpoint.position.sequence;
    record.body = ByteView(bytes_).subspan(offset + kRecordHeaderBytes, header.body_bytes);
    record.context = context;
    ++found_.records;
    if (!record.is_settled) ++found_.pending;
    visitor_.on_record(record);
  }

  void begin_damage(std::uint64_t offset, std::uint64_t bytes, std::string reason,
                    std::uint64_t records_min) {
    const Position& settled = found_.checkpoint.position;
    if (unreported_) {
      // The numbers don't say how many records each of the two cost, so all others count for the
      // second.
      if (!unreported_->damage.is_settled) {
        expected_ = std::max(expected_, settled.sequence) + unreported_->damage.records;
      }
      report(unreported_->damage);
    }
    const bool is_settled =
        number_ < settled.segment || (number_ == settled.segment && offset < settled.offset);
    unreported_.emplace();
    unreported_->damage = {number_, offset, bytes, records_min, is_settled, std::move(reason)};
  }

  // A record follows. Its number says how many are missing before it.
  void end_damage_before(std::uint64_t sequence, std::uint64_t offset) {
    if (is_gap_before(sequence)) (void)read_checkpoint_file();  // a broker may have advanced it
    if (is_gap_before(sequence)) {
      begin_damage(offset, 0, "records before this place are missing", 0);
    }
    if (!unreported_) return;
    unreported_->damage.records = missing_before(sequence);
    report(unreported_->damage);
    unreported_.reset();
  }

  // A gap between settled records is a retired segment.
  bool is_gap_before(std::uint64_t sequence) const {
    return !unreported_ && sequence > found_.checkpoint.position.sequence &&
           missing_before(sequence) > 0;
  }

  std::uint64_t missing_before(std::uint64_t sequence) const {
    const std::uint64_t settled = found_.checkpoint.position.sequence;
    const bool is_settled = sequence < settled || !found_.checkpoint_found.is_ok();
    const std::uint64_t from = is_settled ? expected_ : std::max(expected_, settled);
    return from == 0 || from > sequence ? 0 : sequence - from;
  }

  void end() {
    if (unreported_ && unreported_->is_unfinished) {
      found_.unfinished_bytes = unreported_->damage.bytes;
      unreported_.reset();
    }
    std::uint64_t missing = missing_before(next_sequence_);
    if (missing > 0) (void)read_checkpoint_file();
    missing = missing_before(next_sequence_);
    if (!unreported_ && missing > 0) {
      begin_damage(0, 0, "records of segments that are gone are missing", missing);
    }
    if (!unreported_) return;
    unreported_->damage.records = std::max(unreported_->damage.records, missing);
    report(unreported_->damage);
  }

  void report(const FoundDamage& damage) {
    ++found_.damages;
    if (!damage.is_settled) found_.damaged_pending += damage.records;
    visitor_.on_damage(damage);
  }

  std::string path(const std::string& name) const { return text(directory_, '/', name); }

  const std::string& directory_;
  FileSystem& files_;
  InspectionVisitor& visitor_;
  Inspection found_;
  std::uint64_t horizon_segment_ = 0;  // of the last record; 0: none so far
  std::uint64_t horizon_offset_ = 0;   // after it
  std::uint64_t next_sequence_ = 0;    // from the checkpoint at the beginning
  ByteBuffer bytes_;                   // the segment that is being inspected
  std::uint64_t number_ = 0;           // its number
  std::uint64_t expected_ = 0;         // the sequence number after the last record; 0: none so far
  std::optional<UnreportedDamage> unreported_;
};

}  // namespace

Result<Inspection> inspect(const std::string& directory, FileSystem& files,
                           InspectionVisitor& visitor) {
  return Walk(directory, files, visitor).run();
}

}  // namespace mongo_store::journal
