// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace mongo_store::metrics {

// A count that only rises. Any thread may call add() and value(), without a lock.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A value that goes up and down.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

enum class MetricKind { kCounter, kGauge };

struct Sample {
  std::string_view name;  // snake_case; the same in logs, status and documents
  std::string_view help;
  MetricKind kind = MetricKind::kCounter;
  std::int64_t value = 0;
};

// All metrics of a process, by name. Metrics are added before any thread is started and live as
// long as the registry. Names and help texts are literals. Any thread may call snapshot().
class Registry {
 public:
  Counter& counter(std::string_view name, std::string_view help);
  Gauge& gauge(std::string_view name, std::string_view help);
  // In the order in which they were added.
  std::vector<Sample> snapshot() const;

 private:
  struct Entry {
    std::string_view name;
    std::string_view help;
    const Counter* counter = nullptr;
    const Gauge* gauge = nullptr;
  };

  std::deque<Counter> counters_;  // a deque: its elements never move
  std::deque<Gauge> gauges_;
  std::vector<Entry> entries_;
};

}  // namespace mongo_store::metrics
