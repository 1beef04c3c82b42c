// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mongo/document_reader.h"

namespace mongo_store::cli {

// Shows on standard error how many documents were read so far: on a terminal in one line that is
// updated each second, otherwise in a new line every 30 seconds. Prints nothing before that.
class Progress final : public mongo::DocumentVisitor {
 public:
  explicit Progress(std::string noun);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void on_document(const bson_t& document) override;

 private:
  using Clock = std::chrono::steady_clock;

  void print();

  const std::string noun_;
  const bool is_terminal_;
  const Clock::duration interval_;
  Clock::time_point next_;
  std::uint64_t count_ = 0;
  bool is_line_open_ = false;  // on a terminal
};

}  // namespace mongo_store::cli
