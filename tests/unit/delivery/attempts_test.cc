// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Processes that are killed while they decode a record, and the runs after them. A wrapper around
// the JSON parser kills the process when it gets a certain payload, as a fault in the parser would.
#include <cjson/cJSON.h>
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "delivery/delivery.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_sink.h"
#include "tests/unit/delivery/bench_fixture.h"
#include "tests/unit/delivery/journal_bench.h"

namespace mongo_store::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kLong{60};
constexpr int kTogetherMs = 500;  // how long one decoding waits for another one

constexpr const char* kSlow = R"({"uuid":"slow","value":1})";
constexpr const char* kKiller = R"({"uuid":"killer","value":1})";

// In memory shared with the processes that are killed.
struct Scene {
  std::atomic<bool> is_killing{false};
  std::atomic<int> slow_ones{0};    // being decoded
  std::atomic<int> decoding{0};     // all records being decoded
  std::atomic<int> beside_slow{0};  // the most others that a slow one saw at the same time
};
Scene* scene;

bool waits_for(const std::atomic<int>& count) {
  for (int i = 0; i < kTogetherMs && count == 0; ++i) std::this_thread::sleep_for(milliseconds(1));
  return count > 0;
}

void be_slow() {
  ++scene->slow_ones;
  for (int i = 0; i < kTogetherMs; ++i) {
    scene->beside_slow = std::max(scene->beside_slow.load(), scene->decoding.load() - 1);
    std::this_thread::sleep_for(milliseconds(1));
  }
  --scene->slow_ones;
}

void before_parsing(const char* payload) {
  if (std::strcmp(payload, kSlow) == 0) be_slow();
  if (std::strcmp(payload, kKiller) != 0 || !scene->is_killing) return;
  waits_for(scene->slow_ones);
  raise(SIGKILL);  // as the out-of-memory killer does
}

struct Bench : JournalBench {
  Bench() {
    void* const shared =
        mmap(nullptr, sizeof(Scene), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    scene = new (shared) Scene;
  }
  ~Bench() { munmap(scene, sizeof(Scene)); }

  void deliver(std::chrono::milliseconds at_most = kLong) {
    Delivery::Settings settings;
    settings.documents_max = 1;
    settings.retry_min_ms = settings.retry_max_ms = 1;
    Delivery delivery(settings, *journal, sink, registry, clock, log);
    delivery.start();
    is_drained = delivery.drain(steady_clock::now() + at_most);
    delivery.stop(steady_clock::now() + kLong);
  }
  // A run that settles nothing, in a separate process. True: it was killed.
  bool is_killed_while_delivering() {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      reopen();
      sink.fail_always(Status::retry("no server"));
      deliver();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
  bool is_dead_letter_of(std::uint64_t n, std::string_view text) const {
    const auto letters = sink.documents(kDeadLetters);
    const auto found = letters.find(id_of(n));
    return found != letters.end() && as_text(found->second).find(text) != std::string_view::npos;
  }
  std::uint32_t crashes(std::uint64_t n) {
    const SharedLock lock(journal->attempts().gate());
    return journal->attempts().crashes({n, id_of(n), {}});
  }

  test::FakeSink sink;
  metrics::Registry registry;
  bool is_drained = false;
};

using Fixture = BenchFixture<Bench>;

// The killer kills only while a slow one is being decoded, or after having waited for it. The first
// run therefore ends with both in their slots, and the second one with only the killer.
void a_record_that_kills_the_process_becomes_a_dead_letter(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append(1, kSlow) && bench.append(2, kKiller) && bench.append_good(3, 9));
  bench.journal.reset();
  scene->is_killing = true;
  assert_true(bench.is_killed_while_delivering());
  scene->slow_ones = scene->decoding = 0;
  assert_true(bench.is_killed_while_delivering());
  scene->slow_ones = scene->decoding = 0;
  bench.reopen();
  assert_int_equal(bench.log.count("record 2 was being decoded alone"), 1);
  bench.deliver();
  assert_true(bench.is_drained);
  assert_int_equal(bench.sink.documents(kDocuments).size(), 8);
  assert_int_equal(bench.sink.documents(kDocuments).count(id_of(1)), 1);
  assert_int_equal(bench.sink.documents(kDeadLetters).size(), 1);
  assert_true(bench.is_dead_letter_of(2, "process_ended"));
  assert_true(bench.is_dead_letter_of(2, kKiller));
  assert_true(bench.is_dead_letter_of(2, "device/a"));
  assert_true((bench.journal->balance().settled == journal::SettledCounts{8, 0, 1, 0}));
}

void a_suspect_is_decoded_alone_and_others_concurrently(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append(1, kSlow) && bench.append(2, kSlow) && bench.append_good(3, 20));
  bench.deliver();
  assert_true(bench.is_drained);
  assert_true(scene->beside_slow > 0);
  scene->beside_slow = 0;
  assert_true(bench.append(21, kSlow) && bench.append(22, kSlow) && bench.append_good(23, 40));
  {
    const SharedLock lock(bench.journal->attempts().gate());
    bench.journal->attempts().mark(0, {21, id_of(21), {}});
    bench.journal->attempts().mark(1, {22, id_of(22), {}});
  }
  bench.reopen();
  assert_int_equal(bench.crashes(21), 1);
  bench.deliver();
  assert_true(bench.is_drained);
  assert_int_equal(scene->beside_slow.load(), 0);
  assert_int_equal(bench.crashes(21) + bench.crashes(22), 0);
  assert_int_equal(bench.sink.documents(kDocuments).size(), 40);
}

void an_orderly_run_leaves_no_marks(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append_good(1, 30) && bench.append(31, "garbage"));
  bench.sink.refuse(kDocuments, id_of(7), RefusalKind::kDocumentAtFault, 121);
  // The other records stay pending; settled ones would no longer be marked.
  bench.sink.set_before_insert([&](const test::FakeSink::Call& call) {
    if (call.ids.front() == id_of(20)) bench.sink.fail_always(Status::retry("no server"));
  });
  bench.deliver(milliseconds(200));
  assert_false(bench.is_drained);
  bench.reopen();
  for (std::uint64_t n = 1; n <= 31; ++n) assert_int_equal(bench.crashes(n), 0);
  assert_int_equal(bench.log.count("tried alone"), 0);
}

// If making its dead letter also ended the process, not even the head of the record is read again.
void a_record_that_kills_the_process_as_a_dead_letter_is_kept_whole(void** state) {
  Bench& bench = Fixture::of(state);
  assert_true(bench.append(1, kKiller));
  for (int run = 0; run < 3; ++run) {
    {
      const ExclusiveLock lock(bench.journal->attempts().gate());
      bench.journal->attempts().mark_alone(0, {1, id_of(1), {}});
    }
    bench.reopen();
  }
  assert_int_equal(bench.crashes(1), 3);
  bench.deliver();
  assert_true(bench.is_drained);
  const std::string whole = body_of(1, kKiller);
  assert_true(bench.is_dead_letter_of(1, whole));
}

}  // namespace
}  // namespace mongo_store::delivery

// Replaces the library's function, and calls it.
extern "C" cJSON* cJSON_ParseWithLengthOpts(const char* value, size_t length, const char** end,
                                            cJSON_bool terminated) {
  using Parse = cJSON* (*)(const char*, size_t, const char**, cJSON_bool);
  static const auto parse = reinterpret_cast<Parse>(dlsym(RTLD_NEXT, "cJSON_ParseWithLengthOpts"));
  ++mongo_store::delivery::scene->decoding;
  mongo_store::delivery::before_parsing(value);
  cJSON* const tree = parse(value, length, end, terminated);
  --mongo_store::delivery::scene->decoding;
  return tree;
}

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      WITH_BENCH(Bench, a_record_that_kills_the_process_becomes_a_dead_letter),
      WITH_BENCH(Bench, a_suspect_is_decoded_alone_and_others_concurrently),
      WITH_BENCH(Bench, an_orderly_run_leaves_no_marks),
      WITH_BENCH(Bench, a_record_that_kills_the_process_as_a_dead_letter_is_kept_whole),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
