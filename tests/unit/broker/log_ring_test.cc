// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/log_ring.h"

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_mosquitto.h"

namespace mongo_store::broker {
namespace {

using test::fake_mosquitto;

int set_up(void**) {
  fake_mosquitto() = {};
  return 0;
}

void lines_come_out_in_order_with_the_brokers_levels(void**) {
  LogRing ring;
  ring.log(LogLevel::kDebug, "one");
  ring.log(LogLevel::kInfo, "two");
  ring.log(LogLevel::kNotice, "three");
  ring.log(LogLevel::kWarning, "four");
  ring.log(LogLevel::kError, "five");
  assert_true(fake_mosquitto().log.empty());
  ring.drain(100);
  const int levels[] = {MOSQ_LOG_DEBUG, MOSQ_LOG_INFO, MOSQ_LOG_NOTICE, MOSQ_LOG_WARNING,
                        MOSQ_LOG_ERR};
  const char* const texts[] = {"one", "two", "three", "four", "five"};
  assert_int_equal(fake_mosquitto().log.size(), 5);
  for (std::size_t i = 0; i < 5; ++i) {
    assert_int_equal(fake_mosquitto().log[i].level, levels[i]);
    assert_string_equal(fake_mosquitto().log[i].text.c_str(),
                        text("mongo_store: ", texts[i]).c_str());
  }
}

void a_drain_writes_no_more_than_it_may(void**) {
  LogRing ring;
  for (int i = 0; i < 40; ++i) ring.log(LogLevel::kInfo, "line");
  for (const std::size_t written : {16, 32, 40, 40}) {
    ring.drain(16);
    assert_int_equal(fake_mosquitto().log.size(), written);
  }
}

void what_finds_no_room_is_counted_and_told_behind_the_others(void**) {
  LogRing ring;
  for (std::size_t i = 0; i < LogRing::kLines + 7; ++i)
    ring.log(LogLevel::kInfo, text("line ", i, '.'));
  ring.drain_all();
  assert_int_equal(fake_mosquitto().log.size(), LogRing::kLines + 1);
  assert_int_equal(fake_mosquitto().count_log(text("line ", LogRing::kLines - 1, '.')), 1);
  assert_int_equal(fake_mosquitto().count_log(text("line ", LogRing::kLines, '.')), 0);
  assert_string_equal(fake_mosquitto().log.back().text.c_str(),
                      "mongo_store: 7 log lines were dropped");
  assert_int_equal(fake_mosquitto().log.back().level, MOSQ_LOG_WARNING);
  ring.log(LogLevel::kInfo, "after");
  ring.drain_all();
  assert_int_equal(fake_mosquitto().count_log("dropped"), 1);
  assert_int_equal(fake_mosquitto().count_log("after"), 1);
}

void a_line_is_cut_where_the_broker_would_cut_it(void**) {
  LogRing ring;
  ring.log(LogLevel::kInfo, std::string(5000, 'x') + "tail");
  ring.drain(1);
  assert_int_equal(fake_mosquitto().log[0].text.size(),
                   std::string("mongo_store: ").size() + LogRing::kLineBytesMax);
}

void a_line_is_no_format(void**) {
  LogRing ring;
  ring.log(LogLevel::kInfo, "100 %s of %n");
  ring.drain(1);
  assert_string_equal(fake_mosquitto().log[0].text.c_str(), "mongo_store: 100 %s of %n");
}

void lines_of_many_threads_are_all_written_or_counted(void**) {
  const auto ring = std::make_unique<LogRing>();
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&ring] {
      for (int i = 0; i < kEach; ++i) ring->log(LogLevel::kInfo, "a line from a thread");
    });
  }
  for (int i = 0; i < 200; ++i) ring->drain(16);
  for (std::thread& thread : threads) thread.join();
  ring->drain_all();
  std::size_t total = 0;
  for (const auto& line : fake_mosquitto().log) {
    std::size_t dropped = 0;
    const bool is_drop =
        std::sscanf(line.text.c_str(), "mongo_store: %zu log lines", &dropped) == 1;
    total += is_drop ? dropped : 1;
  }
  assert_int_equal(total, kThreads * kEach);
}

}  // namespace
}  // namespace mongo_store::broker

#define WITH_FAKE(test) cmocka_unit_test_setup(test, set_up)

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      WITH_FAKE(lines_come_out_in_order_with_the_brokers_levels),
      WITH_FAKE(a_drain_writes_no_more_than_it_may),
      WITH_FAKE(what_finds_no_room_is_counted_and_told_behind_the_others),
      WITH_FAKE(a_line_is_cut_where_the_broker_would_cut_it),
      WITH_FAKE(a_line_is_no_format),
      WITH_FAKE(lines_of_many_threads_are_all_written_or_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
