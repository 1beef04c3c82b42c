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

constexpr const char* kNoRecord = "these bytes are no record";

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
    for (const std::string& name : names.value()) {
      const auto number = segment_number(name);
      if (is_damaged_name(name)) count_set_aside(name);
      Status visited = number ? visit_segment(*number) : Status();
      if (!visited.is_ok()) return visited;
    }
    end();
    return std::move(found_);
  }

 private:
  // Damage is told once it is known what follows: the numbers there say how much it cost.
  struct Untold {
    FoundDamage damage;
    bool is_unfinished = false;  // if nothing follows
  };

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

  static Status of_newer(const std::string& file_path, const std::string& why) {
    return Status::refuse(text(file_path, " was written by a newer mosquitto-mongo-store: ", why));
  }
  Status newer(const std::string& name, const std::string& why) const {
    return of_newer(path(name), why);
  }

  void count_set_aside(const std::string& name) {
    const Result<std::unique_ptr<File>> file = files_.open(path(name));
    const Result<std::uint64_t> bytes = file.is_ok() ? file.value()->size() : file.status();
    ++found_.set_aside_files;
    if (bytes.is_ok()) found_.set_aside_bytes += bytes.value();
  }

  Status visit_segment(std::uint64_t number) {
    const Result<std::unique_ptr<File>> file = files_.open(path(segment_name(number)));
    if (file.code() == StatusCode::kAbsent) return {};  // retired since the folder was listed
    if (!file.is_ok()) return file.status();
    ++found_.segments;
    number_ = number;
    const Result<std::uint64_t> read = read_segment(*file.value());
    if (!read.is_ok()) {
      begin_damage(0, kSegmentBytes, read.message(), 1);
      return {};
    }
    Result<SegmentHeader> header = decode_segment_header(bytes_);
    if (header.code() == StatusCode::kRefuse) return newer(segment_name(number), header.message());
    if (header.is_ok()) {
      visit_records(*file.value(), std::move(header).value());
    } else if (nonzero_end(bytes_) > kFirstRecordOffset) {
      begin_damage(0, kSegmentBytes, "neither copy of its header is whole", 1);
    } else {
      ++found_.ready_segments;
    }
    if (read.value() < kSegmentBytes) {
      begin_damage(read.value(), 0,
                   text("the file is cut short: it should have ", kSegmentBytes, " bytes"), 0);
    }
    return {};
  }

  // Into bytes_, zeros where there is nothing. Returns the file's bytes.
  Result<std::uint64_t> read_segment(File& file) {
    bytes_.assign(kSegmentBytes, std::byte{0});
    const Result<std::uint64_t> bytes = file.size();
    if (!bytes.is_ok()) return bytes;
    found_.segment_bytes += bytes.value();
    const Result<std::uint64_t> passed = read_around(file, 0, bytes_);
    if (!passed.is_ok()) return passed;
    return std::min(bytes.value(), kSegmentBytes);
  }

  // A broker may be appending. Then one reading can see a later record and not yet an earlier one;
  // a second reading sees whole what stood before the last record of the first.
  SegmentScan scan_settled(File& file, const SegmentHeader& header) {
    SegmentScan first = scan_segment(bytes_, header.epoch);
    if (first.passed == 0 && first.residue_end == first.records_end) return first;
    ByteBuffer again(kSegmentBytes);
    if (!read_around(file, 0, again).is_ok()) return first;
    SegmentScan second = scan_segment(again, header.epoch);
    bytes_ = std::move(again);
    if (second.records_end <= first.records_end) return second;
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(first.records_end), bytes_.end(),
              std::byte{0});
    return scan_segment(bytes_, header.epoch);
  }

  void visit_records(File& file, const SegmentHeader& header) {
    const SegmentScan scan = scan_settled(file, header);
    std::uint64_t end = kFirstRecordOffset;
    scan_segment(bytes_, header.epoch, [&](std::uint64_t offset, const RecordHeader& record) {
      if (offset > end) begin_damage(end, offset - end, kNoRecord, 1);
      visit_record(offset, record, header.context);
      end = offset + record_bytes(record.body_bytes);
    });
    if (scan.residue_end > scan.records_end) visit_residue(scan, header.is_mapped);
    if (scan.records == 0 && scan.residue_end == kFirstRecordOffset) ++found_.ready_segments;
  }

  // What stands behind the last record.
  void visit_residue(const SegmentScan& scan, bool is_mapped) {
    const std::uint64_t next = std::max(expected_, found_.checkpoint.position.sequence);
    begin_damage(scan.records_end, scan.residue_end - scan.records_end, kNoRecord,
                 count_damaged(bytes_, scan, next));
    untold_->is_unfinished =
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
    if (untold_) tell(std::move(untold_->damage));
    const Position& settled = found_.checkpoint.position;
    const bool is_settled =
        number_ < settled.segment || (number_ == settled.segment && offset < settled.offset);
    untold_.emplace();
    untold_->damage = {number_, offset, bytes, records_min, is_settled, std::move(reason)};
  }

  // A record follows whose number says how many are missing before it.
  void end_damage_before(std::uint64_t sequence, std::uint64_t offset) {
    std::uint64_t missing = missing_before(sequence);
    if (!untold_ && missing > 0) {
      (void)read_checkpoint_file();  // a broker may have delivered and retired them meanwhile
      missing = missing_before(sequence);
      if (missing > 0) begin_damage(offset, 0, "records before this place are missing", missing);
    }
    if (!untold_) return;
    untold_->damage.records = missing;
    tell(std::move(untold_->damage));
    untold_.reset();
  }

  std::uint64_t missing_before(std::uint64_t sequence) const {
    const std::uint64_t settled = found_.checkpoint.position.sequence;
    const bool is_settled = sequence < settled || !found_.checkpoint_found.is_ok();
    const std::uint64_t from = is_settled ? expected_ : std::max(expected_, settled);
    return from == 0 || from > sequence ? 0 : sequence - from;
  }

  void end() {
    if (untold_ && untold_->is_unfinished) {
      found_.unfinished_bytes = untold_->damage.bytes;
      untold_.reset();
    }
    const std::uint64_t missing = missing_before(next_sequence_);
    if (!untold_ && missing > 0) {
      begin_damage(0, 0, "records that stood in segments which are gone are missing", missing);
    }
    if (!untold_) return;
    untold_->damage.records = std::max(untold_->damage.records, missing);
    tell(std::move(untold_->damage));
  }

  void tell(FoundDamage damage) {
    ++found_.damages;
    if (!damage.is_settled) found_.damaged_pending += damage.records;
    visitor_.on_damage(damage);
  }

  std::string path(const std::string& name) const { return text(directory_, '/', name); }

  const std::string& directory_;
  FileSystem& files_;
  InspectionVisitor& visitor_;
  Inspection found_;
  std::uint64_t next_sequence_ = 0;  // as the checkpoint said at the beginning
  ByteBuffer bytes_;                 // of the segment being looked at
  std::uint64_t number_ = 0;         // its number
  std::uint64_t expected_ = 0;       // the sequence number behind the last record; 0: none so far
  std::optional<Untold> untold_;
};

}  // namespace

Result<Inspection> inspect(const std::string& directory, FileSystem& files,
                           InspectionVisitor& visitor) {
  return Walk(directory, files, visitor).run();
}

}  // namespace mongo_store::journal
