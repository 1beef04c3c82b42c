// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/batch_delivery.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_sink.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/delivery/test_batch.h"

namespace mongo_store::delivery {

// One delivery thread's worth of delivery, without the thread: pauses are a millisecond or two.
struct DeliveryBench {
  explicit DeliveryBench(std::size_t documents_max = 1000, std::size_t bytes_max = 4 << 20)
      : delivery({documents_max, bytes_max, 1, 2, 1}, *session, shared) {}

  std::vector<std::size_t> sent(const char* collection) const {
    std::vector<std::size_t> sizes;
    for (const auto& call : sink.calls()) {
      if (call.collection == collection) sizes.push_back(call.ids.size());
    }
    return sizes;
  }
  // How often that document was sent to that collection.
  std::size_t times_sent(const char* collection, const ObjectId& id) const {
    std::size_t times = 0;
    for (const auto& call : sink.calls()) {
      if (call.collection != collection) continue;
      for (const ObjectId& sent_id : call.ids) times += sent_id == id ? 1 : 0;
    }
    return times;
  }
  bool is_stored(std::uint64_t n) const {
    const auto stored = sink.documents(kDocuments);
    const auto found = stored.find(id_of(n));
    return found != stored.end() && found->second == document_of(n);
  }
  bool is_dead_letter(std::uint64_t n) const {
    return sink.documents(kDeadLetters).count(id_of(n)) == 1;
  }
  // Whether that record's dead letter holds that text, as a reason's code stands in it.
  bool is_dead_letter_of(std::uint64_t n, std::string_view reason) const {
    const auto letters = sink.documents(kDeadLetters);
    const auto found = letters.find(id_of(n));
    return found != letters.end() && as_text(found->second).find(reason) != std::string_view::npos;
  }

  // Empty where there is no such file, too.
  std::string kept_payload(std::uint64_t n) {
    const auto file = memory.open(kept_payloads.path(id_of(n)));
    if (!file.is_ok()) return "";
    std::string content(file.value()->size().value(), '\0');
    (void)file.value()->read(0, std::as_writable_bytes(std::span(content)));
    return content;
  }

  test::FakeSink sink;
  test::FakeClock clock;
  test::RecordingLogger log;
  metrics::Registry registry;
  StopSignal stop;
  Outage documents_outage{"documents", clock, log};
  Outage dead_letters_outage{"dead letters", clock, log};
  DeliveryCounters counters{registry};
  journal::AttemptMarks attempts;
  test::MemoryFileSystem memory;
  test::FaultyFileSystem files{memory};
  journal::SpaceBudget budget{1'000'000};
  journal::KeptPayloads kept_payloads{"/journal", files, budget};
  Shared shared{stop, documents_outage, dead_letters_outage, counters,
                log,  attempts,         kept_payloads};
  std::unique_ptr<SinkSession> session = sink.open_session();
  BatchDelivery delivery;
  journal::SettledCounts counts;
};

}  // namespace mongo_store::delivery
