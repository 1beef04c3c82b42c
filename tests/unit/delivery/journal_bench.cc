// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/unit/delivery/journal_bench.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace mongo_store::delivery {

JournalBench::JournalBench() {
  std::string path = (std::filesystem::temp_directory_path() / "delivery-XXXXXX").string();
  folder_ = mkdtemp(path.data()) == nullptr ? "" : path;
  open();
}

JournalBench::~JournalBench() {
  journal.reset();
  remove_folder();
}

void JournalBench::remove_folder() {
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

void JournalBench::reopen() {
  journal.reset();
  open();
}

bool JournalBench::append(std::uint64_t n, std::string_view payload) {
  const std::string head = encoded_head(test_publish(n, payload));
  return journal->append(id_of(n), as_bytes(head), as_bytes(payload)) ==
         journal::AppendOutcome::kAppended;
}

bool JournalBench::append_good(std::uint64_t first, std::uint64_t last) {
  bool is_appended = true;
  for (std::uint64_t n = first; n <= last; ++n) is_appended &= append(n, good_payload(n));
  return is_appended;
}

bool JournalBench::is_balanced() const {
  const journal::Balance balance = journal->balance();
  return balance.appended == balance.settled.total() + balance.pending;
}

void JournalBench::open() {
  journal::Journal::Settings settings;
  settings.directory = folder_;
  settings.context = message::encode_context(test_context());
  auto opened = journal::Journal::open(std::move(settings), files, clock, log);
  if (opened.is_ok()) journal = std::move(opened).value();
}

}  // namespace mongo_store::delivery
