// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/journal_delivery.h"

#include <signal.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/print_line.h"
#include "cli/stderr_logger.h"
#include "cli/stop_request.h"
#include "delivery/delivery.h"
#include "journal/journal.h"
#include "journal/journal_folder.h"
#include "journal/journal_search.h"
#include "journal/posix_file_system.h"
#include "metrics/registry.h"
#include "mongo/driver.h"
#include "mongo/driver_log.h"
#include "mongo/mongo_sink.h"
#include "wiring/settings.h"

namespace mongo_store::cli {
namespace {

constexpr std::int64_t kPollMs = 20;
constexpr std::int64_t kProgressMs = 3000;
constexpr std::chrono::milliseconds kThreadsEnd{2000};

// The delivery of one journal. Everything that a delivery thread can still use while it hangs in a
// call is in one block of memory, which is then leaked.
class JournalDelivery {
 public:
  JournalDelivery(const config::Config& config, std::int64_t give_up_ms)
      : config_(config), give_up_ms_(give_up_ms) {}

  // kBusy: another process has locked it. kRetry: records are left.
  Status run(const std::string& directory, StopRequest& stop) {
    Status opened = open(directory);
    if (!opened.is_ok()) return opened;
    before_ = engine_->journal->balance();
    const std::string why = deliver(stop);
    end();
    return tell(directory, why);
  }

 private:
  struct Engine {
    SystemClock clock;
    StderrLogger log;
    metrics::Registry registry;
    journal::PosixFileSystem files;
    journal::JournalFolder folder;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<mongo::DriverLog> driver_log;
    std::unique_ptr<mongo::MongoSink> sink;
    std::unique_ptr<delivery::Delivery> delivery;
  };

  Status open(const std::string& directory) {
    Engine& engine = *engine_;
    const auto threads = static_cast<std::uint32_t>(config_.delivery_threads);
    Result<std::unique_ptr<mongo::MongoSink>> sink =
        mongo::MongoSink::create(wiring::connection_options(config_, threads, "mongo-store"));
    if (!sink.is_ok()) return opening_failure(sink.status());
    Result<journal::JournalFolder> folder = journal::lock_journal(directory, engine.files);
    if (!folder.is_ok()) return folder.status();
    engine.folder = std::move(folder).value();
    journal::Journal::Settings settings;
    settings.is_appended_to = false;  // the disk may be full
    settings.directory = directory;
    settings.bytes_max = std::numeric_limits<std::int64_t>::max();  // room to set damage aside
    Result<std::unique_ptr<journal::Journal>> journal =
        journal::Journal::open(std::move(settings), engine.files, engine.clock, engine.log);
    if (!journal.is_ok()) return journal.status();
    engine.journal = std::move(journal).value();
    engine.sink = std::move(sink).value();
    engine.driver_log = std::make_unique<mongo::DriverLog>(engine.log);
    delivery::Delivery::Settings sending = wiring::delivery_settings(config_);
    sending.probed.clear();  // there are records to deliver, which shows the same
    engine.delivery =
        std::make_unique<delivery::Delivery>(std::move(sending), *engine.journal, *engine.sink,
                                             engine.registry, engine.clock, engine.log);
    return {};
  }

  // Returns when nothing is pending; otherwise the reason why it stopped.
  std::string deliver(StopRequest& stop) {
    Engine& engine = *engine_;
    if (engine.journal->balance().pending == 0) return "";
    engine.delivery->start();
    std::uint64_t pending = engine.journal->balance().pending;
    std::uint64_t steps = 0;
    std::int64_t moved_ms = engine.clock.monotonic_ms();
    std::int64_t told_ms = moved_ms;
    while (pending > 0) {
      if (stop.wait_ms(kPollMs)) return "stopped by a signal";
      const std::int64_t now_ms = engine.clock.monotonic_ms();
      const std::uint64_t left = engine.journal->balance().pending;
      const std::uint64_t steps_now = engine.delivery->steps_to_verdicts();
      if (left != pending || steps_now != steps) moved_ms = now_ms;
      pending = left;
      steps = steps_now;
      if (now_ms - moved_ms >= give_up_ms_) {
        return text("gave up: no record was delivered for ", give_up_ms_ / 1000,
                    " s; earlier lines say why");
      }
      if (now_ms - told_ms < kProgressMs) continue;
      told_ms = now_ms;
      (void)std::fprintf(stderr, "mongo-store: %s: %llu records left\n", engine.folder.path.c_str(),
                         static_cast<unsigned long long>(left));
    }
    return "";
  }

  // Stores everything that is settled in the checkpoint.
  void end() {
    const bool is_ended = engine_->delivery->stop(std::chrono::steady_clock::now() + kThreadsEnd);
    engine_->journal->close();
    after_ = engine_->journal->balance();
    engine_->driver_log.reset();
    if (is_ended && after_.pending == 0) return;
    // A call, or the driver's cleanup at exit, may hang for long.
    mongo::skip_cleanup_at_exit();
    (void)engine_.release();
  }

  Status tell(const std::string& directory, const std::string& why) const {
    const journal::SettledCounts& was = before_.settled;
    const journal::SettledCounts& is = after_.settled;
    const std::uint64_t damaged = is.damaged - was.damaged;
    const std::string line = text(
        "journal ", directory, ": read ", is.total() - was.total() - damaged, ", stored ",
        is.stored - was.stored, ", duplicates ", is.duplicates - was.duplicates, ", dead_lettered ",
        is.dead_lettered - was.dead_lettered, ", damaged ", damaged, ", left ", after_.pending);
    print_line(line);
    (void)std::fflush(stdout);
    if (after_.pending == 0) return {};
    return Status::retry(text(why, "; ", after_.pending, " records are left in ", directory,
                              "; nothing is lost: run it again"));
  }

  const config::Config& config_;
  const std::int64_t give_up_ms_;
  std::unique_ptr<Engine> engine_ = std::make_unique<Engine>();
  journal::Balance before_;
  journal::Balance after_;
};

// Concerns only this journal: the next one may be delivered.
bool is_of_one_journal(const Status& failure) {
  return failure.code() != StatusCode::kRetry && failure.code() != StatusCode::kReject;
}

// Skipping a journal that a broker is using is a failure only if all are in use. Skipping any other
// journal finally makes the command fail.
Status deliver_each(const std::vector<std::string>& directories, const config::Config& config,
                    std::int64_t give_up_ms) {
  StopRequest stop;
  Status busy;
  std::size_t held = 0;
  std::size_t failed = 0;
  for (const std::string& directory : directories) {
    Status delivered = JournalDelivery(config, give_up_ms).run(directory, stop);
    if (delivered.is_ok()) continue;
    if (directories.size() == 1 || !is_of_one_journal(delivered)) return delivered;
    (void)std::fprintf(stderr, "mongo-store: %s; skipped\n", delivered.message().c_str());
    if (delivered.code() == StatusCode::kBusy) {
      ++held;
      busy = std::move(delivered);
    } else {
      ++failed;
    }
  }
  if (failed > 0) {
    return Status::io(text(failed, " of ", directories.size(),
                           " journals can't be delivered; earlier lines say why"));
  }
  return held < directories.size() ? Status() : busy;
}

}  // namespace

Status run_journal_deliver(const CommandLine& line) {
  if (line.arguments.empty()) return Status::reject("journal deliver: DIR is required");
  const Result<config::Config> config = load_config(line);
  if (!config.is_ok()) return config.status();
  journal::PosixFileSystem looking(journal::PosixFileSystem::Access::kLooking);
  const auto journals = journal::find_journals(line.arguments.front(), looking);
  if (!journals.is_ok()) return journals.status();
  return deliver_each(journals.value(), config.value(), line.give_up_after_s * 1000);
}

}  // namespace mongo_store::cli
