// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.h"

namespace mongo_store::test {

// Keeps each line for the test to look at. Any thread.
class RecordingLogger final : public Logger {
 public:
  struct Line {
    LogLevel level;
    std::string text;
  };

  void log(LogLevel level, std::string_view line) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!throws_on_.empty() && line.find(throws_on_) != std::string_view::npos) {
      throws_on_.clear();
      throw std::bad_alloc();
    }
    lines_.push_back({level, std::string(line)});
  }

  // The next line that holds that text finds no memory.
  void throw_on(std::string_view part) {
    const std::lock_guard<std::mutex> lock(mutex_);
    throws_on_ = part;
  }

  std::vector<Line> lines() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }
  // How many lines hold that text.
  std::size_t count(std::string_view part) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(),
                      [&](const Line& line) { return line.text.find(part) != std::string::npos; }));
  }
  void clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
  std::string throws_on_;
};

}  // namespace mongo_store::test
