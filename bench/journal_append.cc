// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <argp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/posix_file_system.h"

// Measures what an append costs the broker's thread: mean, p99.99 and maximum, while another thread
// reads and settles the records.
namespace mongo_store::bench {
namespace {

volatile std::sig_atomic_t ended_by = 0;  // a signal

struct Options {
  std::string directory = "journal-bench";
  std::uint64_t rate = 0;  // records per second; 0: full speed
  int seconds = 4;
  std::size_t payload_bytes = 200;
  std::int64_t sync_interval_ms = 100;
  bool is_plain = false;
};

constexpr argp_option kOptions[] = {
    {"dir", 'd', "DIR", 0, "Folder for the journal, new or empty; removed afterwards", 0},
    {"rate", 'r', "N", 0, "Records per second; 0: full speed (default 0)", 0},
    {"seconds", 's', "N", 0, "Duration (default 4)", 0},
    {"bytes", 'b', "N", 0, "Payload size (default 200)", 0},
    {"sync", 'y', "WHEN", 0,
     "When to synchronise: always, or every so many milliseconds (default 100)", 0},
    {"plain", 'p', nullptr, 0, "Append with write(), as on media that can't be mapped", 0},
    {nullptr, 0, nullptr, 0, nullptr, 0},
};

error_t parse_option(int key, char* value, argp_state* state) {
  auto& options = *static_cast<Options*>(state->input);
  switch (key) {
    case 'd': options.directory = value; return 0;
    case 'r': options.rate = std::strtoull(value, nullptr, 10); return 0;
    case 's': options.seconds = static_cast<int>(std::strtol(value, nullptr, 10)); return 0;
    case 'b': options.payload_bytes = std::strtoull(value, nullptr, 10); return 0;
    case 'p': options.is_plain = true; return 0;
    case 'y':
      options.sync_interval_ms =
          std::strcmp(value, "always") == 0 ? 0 : std::strtol(value, nullptr, 10);
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

class StderrLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view line) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }
};

// A histogram of nanoseconds, exact to a sixteenth.
class Histogram {
 public:
  void add(std::uint64_t value) {
    ++counts_[bucket(value)];
    ++total_;
    sum_ += value;
    max_ = std::max(max_, value);
  }
  std::uint64_t quantile(double q) const {
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return std::min(upper_end(i), max_);
    }
    return max_;
  }
  double mean() const { return static_cast<double>(sum_) / static_cast<double>(total_); }
  std::uint64_t total() const { return total_; }
  std::uint64_t max() const { return max_; }

 private:
  static std::size_t bucket(std::uint64_t value) {
    if (value < 32) return value;
    const std::size_t shift = static_cast<std::size_t>(std::bit_width(value)) - 5;
    return shift * 16 + (value >> shift);
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < 32) return index;
    const std::size_t shift = (index - 16) / 16;
    return ((index - shift * 16 + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 1024> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::int64_t thread_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

ObjectId id_of(std::uint64_t n) {
  ObjectId id;
  store_le(id.bytes.data(), n);
  return id;
}

struct Measured {
  Histogram latency;
  std::uint64_t refused = 0;
  std::int64_t elapsed_ns = 0;
  std::int64_t faults = 0;  // page faults of the appending thread
  std::int64_t cpu_ns = 0;  // of the appending thread, including the wait between records

  double cpu_ns_each() const {
    return static_cast<double>(cpu_ns) / static_cast<double>(latency.total());
  }
};

// Sleeps for whole milliseconds and spins for the rest, like the bursts of a broker.
void wait_until(std::int64_t due_ns) {
  while (now_ns() < due_ns) {
    if (due_ns - now_ns() > 1'000'000) usleep(500);
  }
}

Measured append(journal::Journal& journal, const Options& options) {
  Measured measured;
  const std::string payload(options.payload_bytes, 'x');
  const std::string head(64, 'h');
  const std::int64_t begin = now_ns();
  const std::int64_t cpu_begin = thread_cpu_ns();
  const std::int64_t faults_begin = thread_faults();
  const std::int64_t end = begin + options.seconds * std::int64_t{1'000'000'000};
  std::int64_t before = begin;
  for (std::uint64_t n = 1; before < end && ended_by == 0; ++n) {
    if (options.rate > 0) {
      wait_until(begin + static_cast<std::int64_t>(n * 1'000'000'000 / options.rate));
      before = now_ns();
    }
    const auto outcome = journal.append(id_of(n), as_bytes(head), as_bytes(payload));
    const std::int64_t after = now_ns();
    if (outcome == journal::AppendOutcome::kAppended) {
      measured.latency.add(static_cast<std::uint64_t>(after - before));
    } else {
      ++measured.refused;
    }
    before = after;
  }
  measured.elapsed_ns = now_ns() - begin;
  measured.cpu_ns = thread_cpu_ns() - cpu_begin;
  measured.faults = thread_faults() - faults_begin;
  return measured;
}

void settle(journal::Journal& journal, const std::atomic<bool>& is_over) {
  journal::ReadBatch batch;
  while (!is_over) {
    const Result<bool> got = journal.read(batch, 100'000, 4ULL * 1024 * 1024);
    if (!got.is_ok() || !got.value()) {
      usleep(1000);
      continue;
    }
    journal.advance(batch.end, {batch.records.size(), 0, 0, batch.damaged}, batch.last_id);
  }
}

void print(const Options& options, const Measured& measured, const journal::Journal& journal) {
  const auto& latency = measured.latency;
  std::printf("%-7s %-7s %10s %10s %9s %9s %9s %9s %9s %9s %8s %8s %8s\n", "medium", "sync",
              "records", "records/s", "mean ns", "cpu ns", "p50 ns", "p99 ns", "p99.99 us",
              "max ms", "faults", "refused", "inline");
  std::printf(
      "%-7s %-7s %10llu %10.0f %9.0f %9.0f %9llu %9llu %9.1f %9.3f %8ld %8llu %8llu\n",
      options.is_plain ? "plain" : "mapped",
      options.sync_interval_ms == 0 ? "always" : text(options.sync_interval_ms, "ms").c_str(),
      static_cast<unsigned long long>(latency.total()),
      static_cast<double>(latency.total()) * 1e9 / static_cast<double>(measured.elapsed_ns),
      latency.mean(), measured.cpu_ns_each(),
      static_cast<unsigned long long>(latency.quantile(0.5)),
      static_cast<unsigned long long>(latency.quantile(0.99)),
      static_cast<double>(latency.quantile(0.9999)) / 1e3, static_cast<double>(latency.max()) / 1e6,
      measured.faults, static_cast<unsigned long long>(measured.refused),
      static_cast<unsigned long long>(journal.inline_segments()));
}

// The folder is removed at the end, so it must be new or empty.
bool make_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const bool is_empty = !error && std::filesystem::is_empty(directory, error);
  if (!error && is_empty) return true;
  std::fprintf(stderr, "bench-journal-append: --dir %s: %s\n", directory.c_str(),
               error ? error.message().c_str() : "not empty; accepted: a new or empty folder");
  return false;
}

void end_early_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int number) { ended_by = number; };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

int run(const Options& options) {
  if (!make_directory(options.directory)) return 1;
  end_early_on_signals();
  journal::PosixFileSystem files;
  const SystemClock clock;
  StderrLogger logger;
  journal::Journal::Settings settings;
  settings.directory = options.directory;
  settings.sync_interval_ms = options.sync_interval_ms;
  settings.medium = options.is_plain ? journal::Medium::kPlain : journal::Medium::kMappable;
  auto opened = journal::Journal::open(settings, files, clock, logger);
  if (!opened.is_ok()) {
    std::fprintf(stderr, "%s\n", opened.message().c_str());
    std::filesystem::remove_all(options.directory);
    return 1;
  }
  std::atomic<bool> is_over{false};
  std::thread settling([&] { settle(*opened.value(), is_over); });
  const Measured measured = append(*opened.value(), options);
  is_over = true;
  settling.join();
  print(options, measured, *opened.value());
  opened.value()->close();
  std::filesystem::remove_all(options.directory);
  return ended_by == 0 ? 0 : 128 + ended_by;
}

}  // namespace
}  // namespace mongo_store::bench

int main(int argc, char** argv) {
  mongo_store::bench::Options options;
  const argp parser = {mongo_store::bench::kOptions,
                       mongo_store::bench::parse_option,
                       nullptr,
                       "Measures what appending a record to the journal costs.",
                       nullptr,
                       nullptr,
                       nullptr};
  if (argp_parse(&parser, argc, argv, 0, nullptr, &options) != 0) return 1;
  return mongo_store::bench::run(options);
}
