// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/log_ring.h"

#include <utility>

#include "base/text.h"
#include "broker/mosquitto_api.h"

namespace mongo_store::broker {
namespace {

int mosquitto_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return MOSQ_LOG_DEBUG;
    case LogLevel::kInfo: return MOSQ_LOG_INFO;
    case LogLevel::kNotice: return MOSQ_LOG_NOTICE;
    case LogLevel::kWarning: return MOSQ_LOG_WARNING;
    case LogLevel::kError: return MOSQ_LOG_ERR;
  }
  return MOSQ_LOG_ERR;
}

}  // namespace

void write_log(LogLevel level, std::string_view line) {
  mosquitto_log_printf(mosquitto_level(level), "mongo_store: %.*s", static_cast<int>(line.size()),
                       line.data());
}

void LogRing::log(LogLevel level, std::string_view line) {
  const MutexLock lock(mutex_);
  has_lines_.store(true, std::memory_order_release);
  if (count_ == kLines) {
    ++dropped_;
    return;
  }
  Line& free = lines_[(first_ + count_) % kLines];
  free.level = level;
  free.text.assign(line.substr(0, kLineBytesMax));
  ++count_;
}

// The next line, or the number of lines that were dropped after the last one.
bool LogRing::pop(Line& line) noexcept {
  if (count_ == 0) {
    has_lines_.store(dropped_ > 0, std::memory_order_release);
    if (dropped_ == 0) return false;
    line.dropped = std::exchange(dropped_, 0);
    return true;
  }
  line = std::move(lines_[first_]);
  first_ = (first_ + 1) % kLines;
  --count_;
  return true;
}

void LogRing::write(const Line& line) {
  if (line.dropped > 0) {
    write_log(LogLevel::kWarning, text(line.dropped, " log lines were dropped"));
  } else {
    write_log(line.level, line.text);
  }
}

void LogRing::drain(std::size_t lines_max) {
  if (!has_lines_.load(std::memory_order_acquire)) return;
  for (std::size_t i = 0; i < lines_max; ++i) {
    Line line;
    if (!mutex_.try_lock()) return;
    const bool is_popped = pop(line);
    mutex_.unlock();
    if (!is_popped) return;
    write(line);
  }
}

void LogRing::drain_all() {
  for (;;) {
    Line line;
    {
      const MutexLock lock(mutex_);
      if (!pop(line)) return;
    }
    write(line);
  }
}

}  // namespace mongo_store::broker
