// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "broker/interceptor.h"
#include "journal/format.h"
#include "journal/journal.h"
#include "journal/posix_file_system.h"
#include "message/publish.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mosquitto.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"

namespace mongo_store::broker {

// An interceptor with a real journal in its own folder, and a client that publishes.
struct InterceptorBench {
  static constexpr std::uint64_t kJournalBytes = 48 << 20;
  static constexpr std::uint64_t kFillBytes = 256
                                              << 10;  // of a payload; slightly more with its head
  static constexpr std::uint32_t kPayloadBytesMax = 1 << 20;

  InterceptorBench() {
    std::string path = (std::filesystem::temp_directory_path() / "interceptor-XXXXXX").string();
    folder = mkdtemp(path.data()) == nullptr ? "" : path;
    open();
  }
  ~InterceptorBench() {
    mosquitto_property_free_all(&properties);
    interceptor.reset();
    journal.reset();
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }
  InterceptorBench(const InterceptorBench&) = delete;
  InterceptorBench& operator=(const InterceptorBench&) = delete;

  void open() {
    interceptor.reset();
    journal.reset();
    journal::Journal::Settings settings;
    settings.directory = folder;
    settings.bytes_max = journal_bytes;
    auto opened = journal::Journal::open(std::move(settings), *files, clock, log);
    if (!opened.is_ok()) return;
    journal = std::move(opened).value();
    interceptor = std::make_unique<Interceptor>(interceptor_settings, *journal, clock, log);
  }

  int publish(const char* topic, std::string_view payload, int qos = 1) {
    mosquitto_evt_message event{};
    event.client = is_client_known ? &client : nullptr;
    event.topic = const_cast<char*>(topic);
    event.payload = payload.empty() ? nullptr : const_cast<char*>(payload.data());
    event.payloadlen = static_cast<std::uint32_t>(payload.size());
    event.qos = static_cast<std::uint8_t>(qos);
    event.retain = is_retain;
    event.properties = properties;
    return interceptor->on_message(event);
  }
  static std::string fill_payload() { return std::string(kFillBytes, 'x'); }
  // Publishes more than that many bytes, or until a publish is refused. Returns the last outcome.
  int fill_with(std::uint64_t bytes, int qos = 1) {
    const std::string payload = fill_payload();
    int result = MOSQ_ERR_SUCCESS;
    for (std::uint64_t sum = 0; result == MOSQ_ERR_SUCCESS && sum <= bytes; sum += payload.size()) {
      result = publish("device/a", payload, qos);
    }
    return result;
  }
  // Until the last segment under the bound is full. A publish that is refused earlier, while the
  // journal's thread creates that segment, is tried again.
  int fill() {
    const std::uint64_t segments =
        (journal_bytes - journal::kStandingBytes) / journal::kSegmentBytes + 1;
    const std::uint64_t in_one = journal::kSegmentBytes / kFillBytes - 1;
    for (int i = 0; i < 3000; ++i) {
      const int result = fill_with(2 * journal_bytes);
      if (journal->balance().appended > (segments - 1) * in_one) return result;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return MOSQ_ERR_SUCCESS;
  }

  bool is_balanced() const {
    const Interceptor::Counts& counts = interceptor->counts();
    return counts.received == counts.appended + counts.refused + counts.unkept + counts.ignored &&
           journal->balance().appended == counts.appended;
  }
  // The next record, decoded. Its views are valid until the next call.
  message::Publish read_one() {
    const auto read = journal->read(batch, 1, 8 << 20);
    if (!read.is_ok() || batch.records.empty()) return {};
    const auto publish = message::decode_publish(batch.records[0].id, batch.records[0].body);
    return publish.is_ok() ? publish.value() : message::Publish{};
  }

  std::string folder;
  std::uint64_t journal_bytes = kJournalBytes;  // for the next open()
  test::FakeClock clock;
  test::RecordingLogger log;
  journal::PosixFileSystem posix;
  test::FaultyFileSystem faulty{posix};
  journal::FileSystem* files = &posix;  // for the next open()
  mosquitto client{"client-1", "user-1", 4};
  bool is_client_known = true;
  bool is_retain = false;
  mosquitto_property* properties = nullptr;
  Interceptor::Settings interceptor_settings{// for the next open()
                                             .topics = {"device/#"},
                                             .payload_bytes_max = kPayloadBytesMax,
                                             .message_id = {}};
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<Interceptor> interceptor;
  journal::ReadBatch batch;
};

inline InterceptorBench& bench_of(void** state) { return *static_cast<InterceptorBench*>(*state); }

inline int set_up_bench(void** state) {
  *state = new InterceptorBench;
  return bench_of(state).interceptor == nullptr ? -1 : 0;
}
inline int tear_down_bench(void** state) {
  delete static_cast<InterceptorBench*>(*state);
  return 0;
}

}  // namespace mongo_store::broker

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up_bench, tear_down_bench)
