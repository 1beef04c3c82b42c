// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

// What one delivery thread does, but without the thread. Pauses are a millisecond or two.
struct DeliveryBench {
  explicit DeliveryBench(std::size_t documents_max = 1000, std::size_t bytes_max = 4 << 20);
  ~DeliveryBench();

  // Delivers until the batch is settled; `counts` then says how. The clock skips pauses. False:
  // stopped before.
  bool deliver(const journal::ReadBatch& batch);
  // Opens the batch and goes on, as a delivery thread does; advance() works on the open batches.
  void open(const journal::ReadBatch& batch);
  void advance();

  std::vector<std::size_t> sent(const char* collection) const;
  // How often the document of record n was sent to that collection.
  std::size_t times_sent(const char* collection, const ObjectId& id) const;
  bool is_stored(std::uint64_t n) const;
  bool is_dead_letter(std::uint64_t n) const;
  // Whether the dead letter of record n contains that text, for example a reason code.
  bool is_dead_letter_of(std::uint64_t n, std::string_view reason) const;

  // Empty also if there is no such file.
  std::string kept_payload(std::uint64_t n);

  test::FakeSink sink;
  test::FakeClock clock;
  test::RecordingLogger log;
  test::RecordingLogger dead_letter_lines;
  metrics::Registry registry;
  StopSignal stop;
  Outage documents_outage{kDocumentsOutage, clock, log};
  Outage dead_letters_outage{kDeadLettersOutage, clock, log};
  Outage read_backs_outage{kReadBacksOutage, clock, log};
  Outage throttling{kThrottling, clock, log};
  DeadLetterLog dead_letter_log{clock, dead_letter_lines};
  DeliveryCounters counters{registry};
  journal::AttemptMarks attempts;
  test::MemoryFileSystem memory;
  test::FaultyFileSystem files{memory};
  journal::SpaceBudget budget{1'000'000};
  journal::KeptPayloads kept_payloads{"/journal", files, budget};
  SharedState shared{stop,
                     documents_outage,
                     dead_letters_outage,
                     read_backs_outage,
                     throttling,
                     dead_letter_log,
                     counters,
                     log,
                     attempts,
                     kept_payloads,
                     clock};
  std::unique_ptr<SinkSession> session = sink.open_session();
  BatchDelivery delivery;
  journal::SettledCounts counts;
};

}  // namespace mongo_store::delivery
