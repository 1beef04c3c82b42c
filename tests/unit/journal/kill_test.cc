// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "base/clock.h"
#include "tests/unit/journal/workbench.h"

// A process is killed while it appends. Every record for which append() had returned must survive.
namespace mongo_store::journal {
namespace {

constexpr int kRounds = 8;

std::size_t body_bytes(std::uint64_t n) { return n % 50 == 0 ? 30'000 : 100 + n % 400; }

// Appends until it is killed, and publishes the number of the last record that was kept. `appended`
// is shared memory.
[[noreturn]] void append_for_ever(const Journal::Settings& settings,
                                  std::atomic<std::uint64_t>& appended) {
  PosixFileSystem files;
  const SystemClock clock;
  test::RecordingLogger logger;
  const auto journal = Journal::open(settings, files, clock, logger);
  if (!journal.is_ok()) _exit(1);
  for (std::uint64_t n = appended.load() + 1;; ++n) {
    const std::string body = body_of(n, body_bytes(n));
    if (journal.value()->append(id_of(n), as_bytes(body), {}) == AppendOutcome::kAppended) {
      appended.store(n);
    } else {
      --n;
    }
  }
}

void kill_after(pid_t child, const std::atomic<std::uint64_t>& appended, std::uint64_t records) {
  const std::uint64_t before = appended.load();
  while (appended.load() < before + records && waitpid(child, nullptr, WNOHANG) == 0) usleep(100);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
}

// The record that was being appended may or may not exist.
bool is_all_there(const std::vector<Delivered>& all, std::uint64_t first, std::uint64_t last) {
  if (all.size() != last + 1 - first && all.size() != last + 2 - first) return false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_record(all[i], first + i, body_bytes(first + i))) return false;
  }
  return true;
}

void what_append_returned_for_survives_being_killed(void** state) {
  Workbench& bench = bench_of(state);
  void* const shared = mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& appended = *new (shared) std::atomic<std::uint64_t>(0);
  std::uint64_t settled = 0;
  for (int round = 0; round < kRounds; ++round) {
    const pid_t child = fork();
    if (child == 0) append_for_ever(bench.settings, appended);
    kill_after(child, appended, 50 + 700 * static_cast<std::uint64_t>(round));
    assert_true(appended.load() > settled);
    bench.must_open();
    const auto all = bench.drain();
    assert_true(is_all_there(all, settled + 1, appended.load()));
    assert_int_equal(bench.journal->balance().settled.damaged, 0);
    assert_int_equal(bench.journal->balance().pending, 0);
    assert_true(bench.names(".damaged").empty());
    bench.close();
    settled += all.size();
    appended.store(settled);
  }
  munmap(shared, sizeof(std::atomic<std::uint64_t>));
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(what_append_returned_for_survives_being_killed),
      ON_PLAIN(what_append_returned_for_survives_being_killed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
