// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/unit/journal/workbench.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "tests/support/cmocka.h"

namespace mongo_store::journal {

ByteBuffer file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  const ByteView view = as_bytes(content);
  return {view.begin(), view.end()};
}

void put_file_bytes(const std::string& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

void patch_file(const std::string& path, std::uint64_t offset, ByteView bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

void flip_byte(const std::string& path, std::uint64_t offset, unsigned mask) {
  const std::byte flipped = file_bytes(path).at(offset) ^ std::byte(mask);
  patch_file(path, offset, ByteView(&flipped, 1));
}

ObjectId id_of(std::uint64_t n) {
  ObjectId id;
  id.bytes[0] = std::byte{0x65};
  for (int i = 0; i < 8; ++i) id.bytes[11 - i] = static_cast<std::byte>(n >> (8 * i));
  return id;
}

std::string body_of(std::uint64_t n, std::size_t bytes) {
  std::string body = text(n, ':');
  std::uint64_t state = n * 0x9E3779B97F4A7C15ULL + 1;
  while (body.size() < bytes) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    body.push_back(static_cast<char>('a' + (state >> 59U) % 26));
  }
  return body;
}

Workbench::Workbench(Medium medium)
    : root_(text(std::filesystem::current_path().string(), "/journal-test-", getpid())) {
  std::filesystem::remove_all(root_);
  std::filesystem::create_directories(root_ + "/0");
  settings.directory = root_ + "/0";
  settings.medium = medium;
  settings.bytes_max = 64 * kSegmentBytes;
  settings.context = {std::byte{'c'}, std::byte{'1'}};
}

Workbench::~Workbench() {
  files.set_fault({});
  journal.reset();
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

Status Workbench::open() {
  Result<std::unique_ptr<Journal>> opened = Journal::open(settings, files, clock, logger);
  if (!opened.is_ok()) return opened.status();
  journal = std::move(opened).value();
  return {};
}

void Workbench::must_open() {
  const Status opened = open();
  if (!opened.is_ok()) print_message("%s\n", opened.message().c_str());
  assert_true(opened.is_ok());
}

void Workbench::reopen() {
  close();
  must_open();
}

void Workbench::crash() {
  const std::filesystem::path next = text(root_, '/', ++runs_);
  std::filesystem::create_directory(next);
  for (const auto& entry : std::filesystem::directory_iterator(settings.directory)) {
    std::error_code gone;  // meanwhile, the journal's thread creates and renames segments
    std::filesystem::copy(entry.path(), next / entry.path().filename(), gone);
  }
  journal.reset();
  std::filesystem::remove_all(settings.directory);
  settings.directory = next.string();
}

AppendOutcome Workbench::append(std::uint64_t n, std::size_t bytes) {
  const std::string body = body_of(n, bytes);
  const ByteView view = as_bytes(body);
  const std::size_t head = body.size() / 3;
  return journal->append(id_of(n), view.first(head), view.subspan(head));
}

void Workbench::must_append(std::uint64_t first, std::uint64_t last, std::size_t bytes) {
  for (std::uint64_t n = first; n <= last; ++n) {
    assert_int_equal(append(n, bytes), AppendOutcome::kAppended);
  }
}

bool Workbench::read(std::vector<Delivered>& to, bool is_settling, std::size_t records_max,
                     std::size_t bytes_max) {
  const Result<bool> got = journal->read(batch, records_max, bytes_max);
  if (!got.is_ok()) {
    last_error = got.status();
    return false;
  }
  if (!got.value()) return false;
  for (const RecordView& record : batch.records) {
    to.push_back({record.sequence, record.id, as_string(record.body), as_string(batch.context)});
  }
  SettledCounts counts;
  counts.stored = batch.records.size();
  counts.damaged = batch.damaged;
  if (is_settling) journal->advance(batch.end, counts, batch.last_id);
  return true;
}

std::vector<Delivered> Workbench::drain() {
  std::vector<Delivered> all;
  while (read(all, true)) {
  }
  return all;
}

std::vector<Delivered> Workbench::look() {
  std::vector<Delivered> all;
  while (read(all, false)) {
  }
  return all;
}

bool Workbench::is_balanced() const {
  const Balance balance = journal->balance();
  return balance.appended == balance.settled.total() + balance.pending;
}

std::vector<std::string> Workbench::names(std::string_view suffix) const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(settings.directory)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(suffix)) found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string Workbench::segment_path(std::size_t index) const {
  return path(names(".segment").at(index));
}

std::uint64_t Workbench::bytes_on_disk() const {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(settings.directory)) {
    const std::uint64_t bytes = entry.file_size(error);
    if (!error) sum += bytes;
  }
  return sum;
}

bool Workbench::wait_until(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    clock.advance_ms(200);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

int set_up_mapped(void** state) {
  *state = new Workbench(Medium::kMappable);
  return 0;
}

int set_up_plain(void** state) {
  *state = new Workbench(Medium::kPlain);
  return 0;
}

int tear_down(void** state) {
  delete static_cast<Workbench*>(*state);
  return 0;
}

bool is_record(const Delivered& delivered, std::uint64_t n, std::size_t bytes) {
  return delivered.id == id_of(n) && delivered.body == body_of(n, bytes);
}

bool are_records(const std::vector<Delivered>& delivered, std::uint64_t first, std::uint64_t last,
                 std::size_t bytes) {
  if (delivered.size() != last + 1 - first) return false;
  for (const Delivered& one : delivered) {
    if (!is_record(one, first++, bytes)) return false;
  }
  return true;
}

}  // namespace mongo_store::journal
