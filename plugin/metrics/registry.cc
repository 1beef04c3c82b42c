// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "metrics/registry.h"

namespace mongo_store::metrics {

Counter& Registry::counter(std::string_view name, std::string_view help) {
  Counter& added = counters_.emplace_back();
  entries_.push_back({name, help, &added, nullptr});
  return added;
}

Gauge& Registry::gauge(std::string_view name, std::string_view help) {
  Gauge& added = gauges_.emplace_back();
  entries_.push_back({name, help, nullptr, &added});
  return added;
}

std::vector<Sample> Registry::snapshot() const {
  std::vector<Sample> samples;
  samples.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.counter != nullptr) {
      samples.push_back({entry.name, entry.help, MetricKind::kCounter,
                         static_cast<std::int64_t>(entry.counter->value())});
    } else {
      samples.push_back({entry.name, entry.help, MetricKind::kGauge, entry.gauge->value()});
    }
  }
  return samples;
}

}  // namespace mongo_store::metrics
