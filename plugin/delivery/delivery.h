// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "delivery/batch_delivery.h"
#include "delivery/batch_queue.h"
#include "delivery/delivery_counters.h"
#include "delivery/outage.h"
#include "delivery/sink.h"
#include "delivery/stop_signal.h"
#include "journal/journal.h"
#include "metrics/registry.h"

namespace mongo_store::delivery {

// Delivers the journal's records to the sink, on `threads` threads that run until stop(). One
// thread must call start(), drain() and stop(). Journal, sink, registry, clock and logger must
// outlive it.
class Delivery {
 public:
  struct TargetName {
    std::string database;
    std::string collection;
  };
  struct Settings {
    std::size_t threads = 2;
    std::size_t documents_max = 1000;
    std::size_t bytes_max = std::size_t{4} << 20;
    std::int64_t linger_ms = 5;
    std::int64_t retry_min_ms = 100;
    std::int64_t retry_max_ms = 10'000;
    // The collections to check the database with at the start. Empty: no check.
    std::vector<TargetName> probed;
  };

  Delivery(Settings settings, journal::Journal& journal, Sink& sink, metrics::Registry& registry,
           const Clock& clock, Logger& logger);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void start();
  // Waits until nothing is pending. If something is, pauses before retries are short from now on.
  // False: the deadline came first.
  bool drain(std::chrono::steady_clock::time_point deadline);
  // Finding out whether MongoDB refuses a document permanently, or closes the connection because of
  // it, takes long and settles nothing meanwhile. This count shows the progress; it stops growing
  // after a limited number of steps for each document. Any thread.
  std::uint64_t steps_to_verdicts() const { return counters_.steps_to_verdicts.value(); }
  // Ends the threads. Unsettled records stay in the journal. False: at the deadline, a thread was
  // still in a call to a server that hangs, which can't be cancelled. This object, the journal and
  // the sink must then never be destroyed, although the journal may be closed. Another call waits
  // again.
  bool stop(std::chrono::steady_clock::time_point deadline) EXCLUDES(mutex_);

 private:
  void probe() noexcept EXCLUDES(mutex_);
  void end_thread() EXCLUDES(mutex_);
  void run(std::uint32_t seed, std::size_t slot) noexcept EXCLUDES(mutex_);
  void deliver_batches(std::uint32_t seed, std::size_t slot);
  void advance(BatchDelivery& delivery);

  const Settings settings_;
  journal::Journal& journal_;
  Sink& sink_;
  Logger& logger_;
  StopSignal stop_;
  Outage documents_outage_;
  Outage dead_letters_outage_;
  Outage read_backs_outage_;
  Outage throttling_;
  DeadLetterLog dead_letter_log_;
  DeliveryCounters counters_;
  BatchQueue queue_;
  SharedState shared_;
  std::vector<std::thread> threads_;

  Mutex mutex_;
  CondVar ended_;
  std::size_t ended_threads_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mongo_store::delivery
