// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/posix_file_system.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/delivery/test_batch.h"

namespace mongo_store::delivery {

// A real journal in a folder of its own, which goes with it.
class JournalBench {
 public:
  JournalBench() {
    std::string path = (std::filesystem::temp_directory_path() / "delivery-XXXXXX").string();
    folder_ = mkdtemp(path.data()) == nullptr ? "" : path;
    open();
  }
  ~JournalBench() {
    journal.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  JournalBench(const JournalBench&) = delete;
  JournalBench& operator=(const JournalBench&) = delete;

  // Closes it, and opens it as the next run of a broker would.
  void reopen() {
    journal.reset();
    open();
  }

  bool append(std::uint64_t n, std::string_view payload) {
    const std::string head = encoded_head(test_publish(n, payload));
    return journal->append(id_of(n), as_bytes(head), as_bytes(payload)) ==
           journal::AppendOutcome::kAppended;
  }
  bool append_good(std::uint64_t first, std::uint64_t last) {
    bool is_appended = true;
    for (std::uint64_t n = first; n <= last; ++n) is_appended &= append(n, good_payload(n));
    return is_appended;
  }
  bool is_balanced() const {
    const journal::Balance balance = journal->balance();
    return balance.appended == balance.settled.total() + balance.pending;
  }

  SystemClock clock;
  test::RecordingLogger log;
  journal::PosixFileSystem real_files;
  test::FaultyFileSystem files{real_files};
  std::unique_ptr<journal::Journal> journal;

 private:
  void open() {
    journal::Journal::Settings settings;
    settings.directory = folder_;
    settings.context = message::encode_context(test_context());
    auto opened = journal::Journal::open(std::move(settings), files, clock, log);
    if (opened.is_ok()) journal = std::move(opened).value();
  }

  std::string folder_;
};

}  // namespace mongo_store::delivery
