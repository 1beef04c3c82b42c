// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/damage.h"
#include "journal/reader.h"
#include "journal/recovery.h"
#include "tests/support/cmocka.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/journal/workbench.h"

// Flips each byte of a journal, and cuts each of its files at each length. Recovery and the reader
// must return every record that the damage left whole, once, and nothing else.
namespace mongo_store::journal {
namespace {

constexpr const char* kFolder = "/journal";
constexpr std::uint64_t kEpoch = 0x0123456789abcdef;
constexpr std::uint64_t kSegment = 7;
constexpr std::uint64_t kRecords = 60;  // of each length once
// A sanitizer makes each recovery ten times slower, so only every kStride-th byte is tried. The
// thread sanitizer has only one thread to check here.
#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 4999;
#elif defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kStride = 37;
#else
constexpr std::uint64_t kStride = 1;
#endif

class SilentLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view) override {}
};

std::size_t body_bytes(std::uint64_t n) { return n * 7 % 60; }

void add_record(ByteBuffer& file, std::uint64_t n, ByteView body) {
  const std::uint64_t at = file.size();
  file.resize(at + record_bytes(body.size()));
  const RecordHeader header{0, n, static_cast<std::uint32_t>(body.size()), id_of(n)};
  encode_record_header(header, kEpoch, at, &file[at]);
  std::copy(body.begin(), body.end(), file.begin() + static_cast<long>(at + kRecordHeaderBytes));
  const ByteView record = ByteView(file).subspan(at, kRecordHeaderBytes + body.size());
  store_le(&file[at], record_checksum(record, kEpoch, at));
}

ByteBuffer header_of(std::uint64_t number) {
  SegmentHeader header;
  header.number = number;
  header.epoch = kEpoch;
  header.is_mapped = true;
  header.context = ByteBuffer(40, std::byte{'c'});
  return encode_segment_header(header);
}

// A one-segment journal with records 1, 2, ... and no checkpoint, and helpers that recover and read
// it.
class DamagedJournal {
 public:
  DamagedJournal() : whole_(header_of(kSegment)) {
    (void)files_.make_directory(kFolder);
    for (std::uint64_t n = 1; n <= kRecords; ++n) add(body_of(n, body_bytes(n)));
  }

  void add(std::string body) {
    starts_.push_back(whole_.size());
    bodies_.push_back(std::move(body));
    add_record(whole_, bodies_.size(), as_bytes(bodies_.back()));
  }

  const ByteBuffer& whole() const { return whole_; }
  std::uint64_t start_of(std::uint64_t n) const { return starts_[n - 1]; }
  // The offset after its body.
  std::uint64_t end_of(std::uint64_t n) const {
    return start_of(n) + kRecordHeaderBytes + bodies_[n - 1].size();
  }

  // Recovers and reads a file with that content. True if the numbers add up, the records are in
  // order, and each is as it was appended.
  bool read(ByteView content) {
    put(content);
    found_.clear();
    SpaceBudget budget(64 * kSegmentBytes);
    const auto checkpoint = CheckpointFile::open(files_, text(kFolder, "/checkpoint"));
    auto recovered = recover(kFolder, *checkpoint.value(), files_, budget, logger_);
    const bool is_read = recovered.is_ok() && read_recovered(recovered.value(), budget);
    const auto names = files_.list(kFolder);
    for (const std::string& name : names.value()) {
      (void)files_.unlink(text(kFolder, '/', name));
    }
    return is_read;
  }
  bool read_flipped(std::uint64_t offset, std::byte mask) {
    whole_[offset] ^= mask;
    const bool is_read = read(whole_);
    whole_[offset] ^= mask;
    return is_read;
  }

  // Whether the last read() returned all records except those with bytes in [from, to).
  bool are_all_but(std::uint64_t from, std::uint64_t to) const {
    auto at = found_.begin();
    for (std::uint64_t n = 1; n <= bodies_.size(); ++n) {
      if (start_of(n) < to && end_of(n) > from) continue;
      if (at == found_.end() || *at++ != n) return false;
    }
    return at == found_.end();
  }

 private:
  void put(ByteView content) {
    const auto file = files_.create(text(kFolder, '/', segment_name(kSegment)));
    (void)file.value()->write(0, content);
  }

  bool read_recovered(const Recovered& recovered, SpaceBudget& budget) {
    Segment chain(0, 0);
    Segment* last = &chain;
    for (const auto& segment : recovered.segments) {
      last->next = segment.get();
      last = segment.get();
    }
    last->end_sequence = recovered.next_sequence;
    DamageStore damage(kFolder, files_, budget, logger_);
    Reader reader(kFolder, &chain, recovered.checkpoint.position, files_, damage);
    std::uint64_t next = recovered.checkpoint.position.sequence;
    for (;;) {
      const auto read = reader.read(batch_, 1000, 64UL * 1024);
      if (!read.is_ok()) return false;
      if (!read.value()) return next == recovered.next_sequence;
      for (const RecordView& record : batch_.records) {
        if (record.sequence < next || record.sequence > bodies_.size()) return false;
        if (as_text(record.body) != bodies_[record.sequence - 1]) return false;
        next = record.sequence + 1;
        found_.push_back(record.sequence);
      }
      next = batch_.end.sequence;
    }
  }

  test::MemoryFileSystem files_;
  SilentLogger logger_;
  ByteBuffer whole_;
  std::vector<std::uint64_t> starts_;
  std::vector<std::string> bodies_;
  ReadBatch batch_;
  std::vector<std::uint64_t> found_;  // sequence numbers
};

// Most bytes of the header's two copies are reserved; a sample of those is enough.
bool is_worth_a_look(std::uint64_t offset) {
  const std::uint64_t in_copy = offset % kSegmentHeaderBytes;
  if (offset < kFirstRecordOffset && in_copy > 256 && in_copy < kSegmentHeaderBytes - 64) {
    return offset % std::max(kStride, std::uint64_t{61}) == 0;
  }
  return offset % kStride == 0;
}

void any_flipped_byte_costs_its_record_only(void**) {
  DamagedJournal journal;
  for (std::uint64_t at = 0; at < journal.whole().size(); ++at) {
    if (!is_worth_a_look(at)) continue;
    const unsigned mask = at % 9 == 8 ? 0xFFU : 1U << at % 9;
    assert_true(journal.read_flipped(at, std::byte(mask)));
    assert_true(journal.are_all_but(at, at + 1));
  }
}

// One copy is flipped at a time, and the other one is whole.
void any_flipped_byte_of_a_header_leaves_the_header(void**) {
  ByteBuffer bytes = header_of(kSegment);
  for (std::uint64_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte{0x04};
    const Result<SegmentHeader> header = decode_segment_header(bytes);
    bytes[at] ^= std::byte{0x04};
    assert_true(header.is_ok());
    assert_int_equal(header.value().epoch, kEpoch);
    assert_int_equal(header.value().context.size(), 40);
  }
}

void cut_at_any_length_it_delivers_what_is_before_the_cut(void**) {
  DamagedJournal journal;
  for (std::uint64_t length = 0; length <= journal.whole().size(); ++length) {
    if (!is_worth_a_look(length)) continue;
    assert_true(journal.read(ByteView(journal.whole()).first(length)));
    assert_true(journal.are_all_but(length, UINT64_MAX));
  }
}

// A record, and the record that carries a copy of it, are damaged. A search for the next record
// therefore passes the copy, which has the next number.
void a_perfect_copy_of_a_record_in_a_payload_is_never_delivered(void**) {
  DamagedJournal journal;
  const std::uint64_t copied = kRecords;
  const ByteView original =
      ByteView(journal.whole()).subspan(journal.start_of(copied), record_bytes(body_bytes(copied)));
  journal.add(std::string(as_text(original)) + std::string(as_text(original)));
  const std::uint64_t carrier = copied + 1;
  journal.add("behind it");
  ByteBuffer damaged = journal.whole();
  damaged[journal.start_of(copied) + 3] ^= std::byte{0x20};
  for (std::uint64_t at = journal.start_of(carrier); at < journal.end_of(carrier); ++at) {
    damaged[at] ^= std::byte{0x10};
    assert_true(journal.read(damaged));
    assert_true(journal.are_all_but(journal.start_of(copied), journal.end_of(carrier)));
    damaged[at] ^= std::byte{0x10};
  }
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  // Whole segments are allocated all the time. Their memory shouldn't be returned to the kernel in
  // between.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const CMUnitTest tests[] = {
      cmocka_unit_test(any_flipped_byte_costs_its_record_only),
      cmocka_unit_test(any_flipped_byte_of_a_header_leaves_the_header),
      cmocka_unit_test(cut_at_any_length_it_delivers_what_is_before_the_cut),
      cmocka_unit_test(a_perfect_copy_of_a_record_in_a_payload_is_never_delivered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
