// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "journal/journal.h"
#include "journal/posix_file_system.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/delivery/test_batch.h"

namespace mongo_store::delivery {

// A real journal in its own folder, which is deleted with it.
class JournalBench {
 public:
  JournalBench();
  ~JournalBench();
  JournalBench(const JournalBench&) = delete;
  JournalBench& operator=(const JournalBench&) = delete;

  // Closes the journal and opens it again, as the broker's next run would.
  void reopen();
  // For a bench that is never destroyed.
  void remove_folder();

  bool append(std::uint64_t n, std::string_view payload);
  bool append_good(std::uint64_t first, std::uint64_t last);
  bool is_balanced() const;

  SystemClock clock;
  test::RecordingLogger log;
  journal::PosixFileSystem real_files;
  test::FaultyFileSystem files{real_files};
  std::unique_ptr<journal::Journal> journal;

 private:
  void open();

  std::string folder_;
};

}  // namespace mongo_store::delivery
