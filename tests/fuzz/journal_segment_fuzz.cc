// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/logger.h"
#include "base/text.h"
#include "journal/checkpoint_file.h"
#include "journal/damage.h"
#include "journal/reader.h"
#include "journal/recovery.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file_system.h"

// Recovers and reads a segment file that somebody tampered with. That must end in a bounded time,
// return only records that were written, in order and once, and count correctly. The input's first
// byte decides what the rest is: the file; the bytes after a whole header; or a list of records to
// write, and of bytes to flip in them.
namespace mongo_store::journal {
namespace {

constexpr std::uint64_t kEpoch = 0x0123456789abcdef;
constexpr std::uint64_t kNumber = 3;
constexpr const char* kDirectory = "j";

using Bodies = std::vector<ByteView>;  // of the records with the numbers 1, 2, ...

class SilentLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view) override {}
};

ByteBuffer whole_header() {
  SegmentHeader header;
  header.number = kNumber;
  header.epoch = kEpoch;
  header.context = {std::byte{'c'}};
  return encode_segment_header(header);
}

void append_record(ByteBuffer& file, std::uint64_t sequence, ByteView body) {
  const std::uint64_t at = file.size();
  file.resize(at + record_bytes(body.size()));
  std::byte* const to = file.data() + at;
  encode_record_header({0, sequence, static_cast<std::uint32_t>(body.size()), {}}, kEpoch, at, to);
  if (!body.empty()) std::memcpy(to + kRecordHeaderBytes, body.data(), body.size());
  const ByteView record(to, kRecordHeaderBytes + body.size());
  store_le(to, record_checksum(record, kEpoch, at));
}

// The input has up to 31 records, each with a length byte and a body, and then pairs of position
// and mask.
ByteBuffer made_and_flipped(ByteView input, Bodies& bodies) {
  ByteBuffer file = whole_header();
  ByteReader reader(input);
  const unsigned records = reader.get<std::uint8_t>() % 32;
  for (unsigned n = 1; n <= records && !reader.is_overrun(); ++n) {
    const auto length = reader.get<std::uint8_t>();
    const ByteView body = reader.get_bytes(length);
    append_record(file, n, body);
    bodies.push_back(body);
  }
  while (reader.rest().size() >= 3) {
    const std::uint64_t place = kFirstRecordOffset + reader.get<std::uint16_t>();
    const auto mask = reader.get<std::uint8_t>();
    if (place < file.size()) file[place] ^= std::byte{mask};
  }
  return file;
}

ByteBuffer file_of(unsigned kind, ByteView input, Bodies& bodies) {
  if (kind % 3 == 2) return made_and_flipped(input, bodies);
  ByteBuffer file;
  if (kind % 3 == 1) file = whole_header();
  file.insert(file.end(), input.begin(), input.end());
  if (file.size() > kSegmentBytes) file.resize(kSegmentBytes);
  return file;
}

void read_all(Reader& reader, const Recovered& recovered, const Bodies& bodies) {
  constexpr std::uint64_t kReadsMax = 4 * kSegmentBytes / kRecordHeaderBytes;
  ReadBatch batch;
  std::uint64_t reads = 0;
  std::uint64_t next = recovered.checkpoint.position.sequence;
  for (;;) {
    const Result<bool> read = reader.read(batch, 7, 4096);
    if (!read.is_ok() || !read.value()) break;
    fuzz::require(++reads < kReadsMax, "reading ends");
    fuzz::require(batch.begin.sequence == next, "a batch follows the one before it");
    for (const RecordView& record : batch.records) {
      fuzz::require(record.sequence >= next, "numbers rise");
      next = record.sequence + 1;
      if (bodies.empty()) continue;
      fuzz::require(record.sequence <= bodies.size(), "a record that was made");
      const ByteView made = bodies[record.sequence - 1];
      fuzz::require(std::equal(made.begin(), made.end(), record.body.begin(), record.body.end()),
                    "with the body that it was made with");
    }
    fuzz::require(batch.end.sequence >= next, "a batch ends after its records");
    next = batch.end.sequence;
  }
}

void recover_and_read(ByteBuffer file, const Bodies& bodies) {
  fuzz::MemoryFileSystem files;
  files.files[text(kDirectory, '/', segment_name(kNumber))] =
      std::make_shared<ByteBuffer>(std::move(file));
  SilentLogger logger;
  SpaceBudget budget(8 * kSegmentBytes);
  auto checkpoint = CheckpointFile::open(files, text(kDirectory, '/', kCheckpointName));
  fuzz::require(checkpoint.is_ok(), "a fresh checkpoint opens");
  auto recovered = recover(kDirectory, *checkpoint.value(), files, budget, logger);
  if (!recovered.is_ok()) {
    fuzz::require(recovered.code() == StatusCode::kRefuse, "only a newer version is refused");
    return;
  }
  Segment chain(0, 0);
  if (!recovered.value().segments.empty()) {
    Segment& segment = *recovered.value().segments.front();
    segment.end_sequence = recovered.value().next_sequence;
    chain.next.store(&segment);
  }
  DamageStore damage(kDirectory, files, budget, logger);
  Reader reader(kDirectory, &chain, recovered.value().checkpoint.position, files, damage);
  read_all(reader, recovered.value(), bodies);
}

}  // namespace
}  // namespace mongo_store::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace mongo_store;
  if (size == 0) return 0;
  const ByteView input(reinterpret_cast<const std::byte*>(bytes) + 1, size - 1);
  journal::Bodies bodies;
  ByteBuffer file = journal::file_of(bytes[0], input, bodies);
  journal::recover_and_read(std::move(file), bodies);
  return 0;
}
