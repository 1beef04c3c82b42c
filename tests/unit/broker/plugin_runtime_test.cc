// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// Start and stop of the whole plugin, in each state that MongoDB can be in at the end; the broker
// is a fake.
#include "broker/plugin_runtime.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_mosquitto.h"

namespace mongo_store::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::fake_mosquitto;

constexpr milliseconds kStopAfterDrain{2000};
constexpr milliseconds kSlack{4000};  // for a loaded machine, and a sanitizer

// A socket that accepts connections and never answers; or, when closed, a port without a listener.
struct Silent {
  Silent() {
    socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_fd, general, bytes) == 0 && listen(socket_fd, 16) == 0 &&
        getsockname(socket_fd, general, &bytes) == 0) {
      port = ntohs(address.sin_port);
    }
  }
  ~Silent() { close_now(); }
  void close_now() {
    if (socket_fd >= 0) close(socket_fd);
    socket_fd = -1;
  }
  int socket_fd = -1;
  int port = 0;
};

struct Bench {
  Bench() {
    std::string path = (std::filesystem::temp_directory_path() / "runtime-XXXXXX").string();
    folder = mkdtemp(path.data()) == nullptr ? "" : path;
  }
  ~Bench() {
    runtime.reset();
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }

  Status start(int drain_ms, std::vector<config::Setting> more = {}) {
    std::vector<config::Setting> options = {
        {"journal_dir", folder},
        {"mongo_uri", text("mongodb://127.0.0.1:", server.port)},
        {"shutdown_drain_ms", std::to_string(drain_ms)},
        {"retry_max_ms", "200"}};
    options.insert(options.end(), more.begin(), more.end());
    auto started = PluginRuntime::start(options);
    if (!started.is_ok()) return started.status();
    runtime = std::move(started).value();
    return {};
  }
  int publish(std::string topic, std::uint8_t qos = 1) const {
    std::string payload = "{\"uuid\":\"a\",\"value\":1}";
    mosquitto_evt_message event{};
    event.topic = topic.data();
    event.payload = payload.data();
    event.payloadlen = static_cast<std::uint32_t>(payload.size());
    event.qos = qos;
    return runtime->on_message(event);
  }
  milliseconds stop() const {
    const auto begin = steady_clock::now();
    runtime->stop();
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }

  Silent server;
  std::string folder;
  std::unique_ptr<PluginRuntime> runtime;
};

Bench& bench_of(void** state) { return *static_cast<Bench*>(*state); }

int set_up(void** state) {
  fake_mosquitto() = {};
  *state = new Bench;
  return bench_of(state).server.port == 0 ? -1 : 0;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void an_option_at_fault_refuses_the_start_in_one_line_that_names_it(void** state) {
  const Status started = bench_of(state).start(0, {{"delivery_threads", "0"}});
  assert_true(started.code() == StatusCode::kRefuse);
  assert_true(started.message().find("delivery_threads") != std::string::npos);
  assert_true(started.message().find('\n') == std::string::npos);
}

void a_journal_that_can_not_be_taken_refuses_the_start(void** state) {
  Bench& bench = bench_of(state);
  const std::string folder = std::exchange(bench.folder, "/proc/nowhere");
  const std::string said = bench.start(0).message();
  bench.folder = folder;
  assert_int_equal(said.find("journal_dir: can't create folder /proc/nowhere"), 0);
  assert_true(
      said.ends_with("; accepted: a folder on a local disk that the broker's user may write to"));
}

void with_nothing_pending_a_stop_returns_at_once_though_mongodb_is_away(void** state) {
  Bench& bench = bench_of(state);
  bench.server.close_now();
  assert_true(bench.start(60'000).is_ok());
  assert_int_equal(bench.publish("other/a"), MOSQ_ERR_SUCCESS);
  assert_true(bench.stop() < kStopAfterDrain + kSlack);
  assert_int_equal(fake_mosquitto().count_log("balance: appended 0"), 2);  // at start and at stop
  assert_true(bench.stop() < kSlack);  // another call does no harm
}

void without_ticks_messages_carry_out_log_lines_and_the_status(void** state) {
  Bench& bench = bench_of(state);
  bench.server.close_now();
  assert_true(bench.start(0).is_ok());
  assert_int_equal(bench.publish("other/a"), MOSQ_ERR_SUCCESS);
  assert_int_equal(fake_mosquitto().published.size(), 1);
  std::this_thread::sleep_for(milliseconds(1100));
  assert_int_equal(bench.publish("device/a", 2), MOSQ_ERR_SUCCESS);
  assert_int_equal(fake_mosquitto().count_log("message_id is off"), 1);
  const std::size_t lines = fake_mosquitto().log.size();
  for (int i = 0; i < 10; ++i) assert_int_equal(bench.publish("device/a"), MOSQ_ERR_SUCCESS);
  assert_int_equal(fake_mosquitto().published.size(), 1);
  assert_int_equal(fake_mosquitto().log.size(), lines);
}

void while_there_are_ticks_a_message_carries_nothing_out(void** state) {
  Bench& bench = bench_of(state);
  bench.server.close_now();
  assert_true(bench.start(0).is_ok());
  bench.runtime->on_tick();
  assert_int_equal(bench.publish("device/a", 2), MOSQ_ERR_SUCCESS);
  assert_int_equal(fake_mosquitto().count_log("message_id is off"), 0);
  bench.runtime->on_tick();
  assert_int_equal(fake_mosquitto().count_log("message_id is off"), 1);
}

void the_start_says_which_options_the_environment_gave(void** state) {
  Bench& bench = bench_of(state);
  bench.server.close_now();
  setenv("MONGO_STORE_BATCH_LINGER_MS", "7", 1);
  const Status started = bench.start(0, {{"topics", "/device/# device"}});
  unsetenv("MONGO_STORE_BATCH_LINGER_MS");
  assert_true(started.is_ok());
  assert_int_equal(fake_mosquitto().count_log("; from the environment: batch_linger_ms"), 1);
  assert_int_equal(fake_mosquitto().count_log("topics: the filter /device/# matches only"), 1);
  assert_int_equal(fake_mosquitto().count_log("topics: the filter device matches that topic"), 1);
}

void while_mongodb_is_away_a_stop_is_bounded_and_the_rest_waits_in_the_journal(void** state) {
  Bench& bench = bench_of(state);
  bench.server.close_now();
  assert_true(bench.start(300).is_ok());
  for (int i = 0; i < 3; ++i) assert_int_equal(bench.publish("device/a"), MOSQ_ERR_SUCCESS);
  bench.runtime->on_tick();
  assert_int_equal(fake_mosquitto().published.size(), 1);
  assert_true(bench.stop() < milliseconds(300) + kStopAfterDrain + kSlack);
  assert_int_equal(fake_mosquitto().count_log("appended 3 = stored 0"), 1);
  assert_int_equal(fake_mosquitto().count_log("pending 3"), 1);
  bench.runtime.reset();
}

void a_server_that_hangs_is_abandoned_and_holds_up_no_stop(void** state) {
  Bench& bench = bench_of(state);
  assert_true(bench.start(300).is_ok());
  assert_int_equal(bench.publish("device/a"), MOSQ_ERR_SUCCESS);
  std::this_thread::sleep_for(milliseconds(200));
  assert_true(bench.stop() < milliseconds(300) + kStopAfterDrain + kSlack);
  assert_int_equal(fake_mosquitto().count_log("pending 1"), 1);
  assert_int_equal(fake_mosquitto().count_log("nothing is lost: 1 messages are still"), 1);
  assert_int_equal(fake_mosquitto().count_log("abandoned"), 0);
}

}  // namespace
}  // namespace mongo_store::broker

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      WITH_BENCH(an_option_at_fault_refuses_the_start_in_one_line_that_names_it),
      WITH_BENCH(a_journal_that_can_not_be_taken_refuses_the_start),
      WITH_BENCH(with_nothing_pending_a_stop_returns_at_once_though_mongodb_is_away),
      WITH_BENCH(without_ticks_messages_carry_out_log_lines_and_the_status),
      WITH_BENCH(while_there_are_ticks_a_message_carries_nothing_out),
      WITH_BENCH(the_start_says_which_options_the_environment_gave),
      WITH_BENCH(while_mongodb_is_away_a_stop_is_bounded_and_the_rest_waits_in_the_journal),
      // Last, because it leaves a thread, after which the process ends without its libraries'
      // clean-up.
      WITH_BENCH(a_server_that_hangs_is_abandoned_and_holds_up_no_stop),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
