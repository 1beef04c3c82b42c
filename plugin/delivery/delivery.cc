// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/delivery.h"

#include <pthread.h>

#include <random>
#include <string_view>

#include "base/signal_block.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kDrainPollMs = 5;
constexpr std::int64_t kAfterExceptionMs = 1000;
constexpr std::string_view kPart = "delivery";

}  // namespace

Delivery::Delivery(Settings settings, journal::Journal& journal, Sink& sink,
                   metrics::Registry& registry, const Clock& clock, Logger& logger)
    : settings_(settings),
      journal_(journal),
      sink_(sink),
      logger_(logger),
      documents_outage_(
          kDocumentsOutage, clock, logger,
          [&journal] {
            return Backlog{journal.balance().pending, journal.used_bytes(), journal.bytes_max()};
          }),
      dead_letters_outage_(kDeadLettersOutage, clock, logger),
      read_backs_outage_(kReadBacksOutage, clock, logger),
      throttling_(kThrottling, clock, logger),
      dead_letter_log_(clock, logger),
      counters_(registry),
      queue_({settings.documents_max, settings.bytes_max, settings.linger_ms}, journal, stop_,
             clock, logger),
      shared_{stop_,
              documents_outage_,
              dead_letters_outage_,
              read_backs_outage_,
              throttling_,
              dead_letter_log_,
              counters_,
              logger,
              journal.attempts(),
              journal.kept_payloads(),
              clock} {}

Delivery::~Delivery() {
  stop_.raise();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Delivery::start() {
  const SignalBlock block;  // the threads inherit it
  std::random_device random;
  for (std::size_t i = 0; i < settings_.threads; ++i) {
    threads_.emplace_back([this, seed = random(), i]() noexcept { run(seed, i); });
  }
  if (!settings_.probed.empty()) threads_.emplace_back([this]() noexcept { probe(); });
}

// Runs on its own thread, because a database that doesn't answer must not hold up batches.
void Delivery::probe() noexcept {
  pthread_setname_np(pthread_self(), "mongo-probe");
  try {
    std::vector<Target> targets;
    for (const TargetName& name : settings_.probed)
      targets.push_back({name.database, name.collection});
    const ProbeLine line = sink_.probe(targets);
    logger_.log(line.level, line.text);
  } catch (...) {
    log_exception(logger_, kPart, "the check of the database at the start failed");
  }
  end_thread();
}

void Delivery::run(std::uint32_t seed, std::size_t slot) noexcept {
  pthread_setname_np(pthread_self(), "mongo-deliver");
  do {
    try {
      deliver_batches(seed, slot);
    } catch (...) {
      log_exception(logger_, kPart, "a thread failed between two batches");
    }
  } while (stop_.wait_ms(kAfterExceptionMs));
  end_thread();
}

void Delivery::end_thread() {
  const MutexLock lock(mutex_);
  ++ended_threads_;
  ended_.notify_all();
}

void Delivery::deliver_batches(std::uint32_t seed, std::size_t slot) {
  const std::unique_ptr<SinkSession> session = sink_.open_session();
  BatchDelivery delivery({{{settings_.documents_max, settings_.bytes_max},
                           settings_.retry_min_ms,
                           settings_.retry_max_ms,
                           seed},
                          slot},
                         *session, shared_);
  bool has_failed = false;
  while (!stop_.is_raised()) {
    try {
      if (has_failed && !delivery.begin_again()) return;
      has_failed = false;
      while (!stop_.is_raised()) advance(delivery);
    } catch (...) {
      // Most likely, memory ran out. Documents that were stored already come back as duplicates.
      log_exception(logger_, kPart, "a thread failed while delivering");
      has_failed = true;
      if (!stop_.wait_ms(kAfterExceptionMs)) return;
    }
  }
}

// Sends the documents that are due, settles the stored ones, and opens the next batch or waits.
void Delivery::advance(BatchDelivery& delivery) {
  const bool is_hurried = stop_.is_hurried();
  if (is_hurried) delivery.hurry();
  delivery.work();
  while (OpenBatch* settled = delivery.close_settled()) {
    queue_.settle(settled->ticket, settled->settled);
  }
  dead_letter_log_.tick();
  const std::int64_t wait_ms = delivery.wait_ms();
  if (wait_ms == 0 && !delivery.is_idle()) return;
  if (!delivery.has_room()) {
    (void)stop_.wait_ms(wait_ms);
    return;
  }
  OpenBatch& next = delivery.spare();
  if (queue_.next(next.read, next.ticket, wait_ms, is_hurried) == BatchQueue::Next::kBatch) {
    (void)delivery.open_spare();
  }
}

bool Delivery::drain(std::chrono::steady_clock::time_point deadline) {
  if (journal_.balance().pending > 0) stop_.hurry();
  while (journal_.balance().pending > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(kDrainPollMs));
  }
  return true;
}

bool Delivery::stop(std::chrono::steady_clock::time_point deadline) {
  stop_.raise();
  bool is_ended = false;
  {
    const MutexLock lock(mutex_);
    while (ended_threads_ < threads_.size()) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) break;
      ended_.wait_for(mutex_, left);
    }
    is_ended = ended_threads_ == threads_.size();
  }
  for (std::thread& thread : threads_) {
    if (!thread.joinable()) continue;
    is_ended ? thread.join() : thread.detach();
  }
  return is_ended;
}

}  // namespace mongo_store::delivery
