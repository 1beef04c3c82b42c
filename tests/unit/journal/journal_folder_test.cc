// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal_folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/journal/workbench.h"

namespace mongo_store::journal {
namespace {

JournalFolder must_take(Workbench& bench) {
  auto taken = lock_journal_folder(bench.path("journals"), bench.files);
  if (!taken.is_ok()) print_message("%s\n", taken.message().c_str());
  assert_true(taken.is_ok());
  return std::move(taken).value();
}

unsigned mode_of(const std::string& path) {
  struct stat facts {};
  assert_int_equal(stat(path.c_str(), &facts), 0);
  return facts.st_mode & 07777U;
}

void a_journal_of_another_user_is_told_with_both(void** state) {
  Workbench& bench = bench_of(state);
  (void)must_take(bench);
  constexpr std::uint32_t kNobodys = 0xFFFFFFF0;
  bench.files.set_facts({Medium::kMappable, "ext4", 0, kNobodys});
  bench.files.set_fault([](const auto& call) {
    return call.name == "open_or_create" ? Status::io("can't open: Permission denied") : Status();
  });
  const std::string path = bench.path("journals/0001");
  const std::string line = text("can't open: Permission denied; the journal ", path,
                                " belongs to uid ", kNobodys, ", and this program runs as ");
  const auto taken = lock_journal_folder(bench.path("journals"), bench.files);
  assert_true(taken.message().starts_with(line));
  assert_true(taken.message().find(text("uid ", geteuid()), line.size()) != std::string::npos);
  assert_true(lock_journal(path, bench.files).message().starts_with(line));
  bench.files.set_facts({Medium::kMappable, "ext4", 0, geteuid()});
  assert_string_equal(lock_journal(path, bench.files).message().c_str(),
                      "can't open: Permission denied");
}

void two_holders_get_two_journals(void** state) {
  Workbench& bench = bench_of(state);
  const JournalFolder first = must_take(bench);
  const JournalFolder second = must_take(bench);
  assert_string_equal(first.path.c_str(), bench.path("journals/0001").c_str());
  assert_string_equal(second.path.c_str(), bench.path("journals/0002").c_str());
}

void the_first_that_nobody_holds_is_taken_again(void** state) {
  Workbench& bench = bench_of(state);
  auto first = std::make_unique<JournalFolder>(must_take(bench));
  const JournalFolder second = must_take(bench);
  first.reset();
  const JournalFolder third = must_take(bench);
  assert_string_equal(third.path.c_str(), bench.path("journals/0001").c_str());
}

// Appends to a journal of the folder, whose owner is then killed.
void leave_records(Workbench& bench, const std::string& folder, bool are_settled) {
  bench.settings.directory = folder;
  bench.must_open();
  bench.must_append(1, 3);
  if (are_settled) {
    (void)bench.drain();
    const auto is_stored = [&] {
      const auto checkpoint = CheckpointFile::open(bench.posix, bench.path(kCheckpointName));
      return checkpoint.is_ok() && checkpoint.value()->current().position.sequence == 4;
    };
    assert_true(bench.wait_until(is_stored));
  }
  bench.crash();
  std::filesystem::rename(bench.settings.directory, folder);
}

void journals_that_hold_pending_records_and_no_broker_are_named(void** state) {
  Workbench& bench = bench_of(state);
  const std::string root = bench.path("journals");
  const JournalFolder first = must_take(bench);
  {
    const JournalFolder second = must_take(bench);
    const JournalFolder third = must_take(bench);
    const JournalFolder fourth = must_take(bench);
    leave_records(bench, third.path, false);
    leave_records(bench, fourth.path, true);
  }
  assert_true(first.orphans.empty());
  auto taken = lock_journal_folder(root, bench.files);
  assert_true(taken.is_ok());
  assert_string_equal(taken.value().path.c_str(), (root + "/0002").c_str());
  assert_true(taken.value().orphans == std::vector<std::string>{root + "/0003"});
}

constexpr int kBrokers = 6;
constexpr int kStarts = 100;

[[noreturn]] void take_and_hold(const std::string& root, int go, int told) {
  char digit = '?';
  (void)!read(go, &digit, 1);  // until the other end is closed
  PosixFileSystem files;
  const auto taken = lock_journal_folder(root, files);
  if (taken.is_ok()) digit = taken.value().path.back();
  (void)!write(told, &digit, 1);
  for (;;) pause();
}

// The last digits of the journals that processes lock when they start at the same moment, sorted.
std::string taken_at_once(const std::string& root) {
  int go[2];
  int told[2];
  assert_int_equal(pipe(go), 0);
  assert_int_equal(pipe(told), 0);
  std::vector<pid_t> brokers(kBrokers);
  for (pid_t& broker : brokers) {
    broker = fork();
    if (broker != 0) continue;
    close(go[1]);
    take_and_hold(root, go[0], told[1]);
  }
  for (const int end : {go[0], go[1], told[1]}) close(end);
  std::string taken(kBrokers, '?');
  for (char& digit : taken) (void)!read(told[0], &digit, 1);
  close(told[0]);
  for (const pid_t broker : brokers) {
    kill(broker, SIGKILL);
    waitpid(broker, nullptr, 0);
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

void brokers_that_start_at_once_leave_no_journal_behind(void** state) {
  Workbench& bench = bench_of(state);
  const std::string root = bench.path("journals");
  {
    std::vector<JournalFolder> folders;
    for (int i = 0; i < kBrokers; ++i) folders.push_back(must_take(bench));
    for (const JournalFolder& folder : folders) leave_records(bench, folder.path, false);
  }
  for (int start = 0; start < kStarts; ++start) {
    assert_string_equal(taken_at_once(root).c_str(), "123456");
  }
}

void a_journal_that_somebody_only_looks_at_is_waited_for(void** state) {
  Workbench& bench = bench_of(state);
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    return call.name == "lock" && ++bench.dial < 4 ? Status::busy("a look") : Status();
  });
  assert_string_equal(must_take(bench).path.c_str(), bench.path("journals/0001").c_str());
  bench.dial = 0;
  assert_true(lock_journal(bench.path("journals/0001"), bench.files).is_ok());
}

void a_look_that_does_not_end_holds_up_no_start(void** state) {
  Workbench& bench = bench_of(state);
  (void)must_take(bench);
  const int look = open(bench.path("journals/0001/lock").c_str(), O_RDONLY | O_CLOEXEC);
  assert_int_equal(flock(look, LOCK_SH), 0);
  const JournalFolder taken = must_take(bench);
  close(look);
  assert_string_equal(taken.path.c_str(), bench.path("journals/0002").c_str());
}

void a_journal_that_is_taken_while_it_is_looked_at_is_no_orphan(void** state) {
  Workbench& bench = bench_of(state);
  const std::string root = bench.path("journals");
  {
    const JournalFolder first = must_take(bench);
    const JournalFolder second = must_take(bench);
    leave_records(bench, second.path, false);
  }
  bench.files.set_fault([&](const test::FaultyFileSystem::Call& call) {
    return call.name == "is_locked" && ++bench.dial == 2 ? Status::busy("taken") : Status();
  });
  const auto taken = lock_journal_folder(root, bench.files);
  assert_true(taken.is_ok());
  assert_int_equal(bench.dial.load(), 2);
  assert_true(taken.value().orphans.empty());
}

void looking_for_orphans_changes_nothing(void** state) {
  Workbench& bench = bench_of(state);
  {
    const JournalFolder first = must_take(bench);
    const JournalFolder second = must_take(bench);
  }
  const JournalFolder taken = must_take(bench);
  assert_false(std::filesystem::exists(bench.path("journals/0002/checkpoint")));
  assert_true(taken.orphans.empty());
}

void a_network_file_system_is_refused_by_name(void** state) {
  Workbench& bench = bench_of(state);
  bench.files.set_facts({Medium::kNetwork, "nfs"});
  const auto refused = lock_journal_folder(bench.path("journals"), bench.files);
  assert_int_equal(refused.code(), StatusCode::kRefuse);
  assert_non_null(strstr(refused.message().c_str(), "nfs"));
}

void all_in_use_is_refused(void** state) {
  Workbench& bench = bench_of(state);
  bench.files.set_fault([](const test::FaultyFileSystem::Call& call) {
    const bool is_about_a_lock = call.name == "lock" || call.name == "is_locked";
    return is_about_a_lock ? Status::busy("held") : Status();
  });
  const auto refused = lock_journal_folder(bench.path("journals"), bench.files);
  assert_int_equal(refused.code(), StatusCode::kRefuse);
}

void modes_are_0700_and_0600_whatever_the_umask(void** state) {
  Workbench& bench = bench_of(state);
  for (const mode_t mask : {0000U, 0022U, 0777U}) {
    const std::string root = bench.path(text("journals", mask));
    const mode_t before = umask(mask);
    auto taken = lock_journal_folder(root + "/deep", bench.files);
    umask(before);
    assert_true(taken.is_ok());
    bench.settings.directory = taken.value().path;
    umask(mask);
    const Status opened = bench.open();
    umask(before);
    assert_true(opened.is_ok());
    bench.must_append(1, 1);
    for (const std::string& folder : {root, root + "/deep", taken.value().path}) {
      assert_int_equal(mode_of(folder), 0700);
    }
    assert_true(bench.names("").size() >= 4);
    for (const std::string& name : bench.names("")) {
      assert_int_equal(mode_of(bench.path(name)), 0600);
    }
    bench.close();
    bench.settings.directory = std::filesystem::path(root).parent_path().string();
  }
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      ON_MAPPED(a_journal_of_another_user_is_told_with_both),
      ON_MAPPED(two_holders_get_two_journals),
      ON_MAPPED(the_first_that_nobody_holds_is_taken_again),
      ON_MAPPED(journals_that_hold_pending_records_and_no_broker_are_named),
      ON_MAPPED(brokers_that_start_at_once_leave_no_journal_behind),
      ON_MAPPED(a_journal_that_somebody_only_looks_at_is_waited_for),
      ON_MAPPED(a_look_that_does_not_end_holds_up_no_start),
      ON_MAPPED(a_journal_that_is_taken_while_it_is_looked_at_is_no_orphan),
      ON_MAPPED(looking_for_orphans_changes_nothing),
      ON_MAPPED(a_network_file_system_is_refused_by_name),
      ON_MAPPED(all_in_use_is_refused),
      ON_MAPPED(modes_are_0700_and_0600_whatever_the_umask),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
