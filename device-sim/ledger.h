// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mongo_store::device_sim {

// One message. Times are milliseconds since the epoch, from the system clock.
struct LedgerEntry {
  std::string device;  // its UUID
  std::uint64_t sequence = 0;
  int qos = 0;
  std::int64_t sent_ms = 0;                     // the first time
  std::optional<std::int64_t> acknowledged_ms;  // PUBACK or PUBCOMP; never with QoS 0
  std::uint32_t sends = 0;                      // the maximum number of times it was sent
  std::string message_id;                       // empty: it is sent without one
};

// The entry as one JSON object in one line, newline included.
std::string ledger_line(const LedgerEntry& entry);

// The file in which a fleet records what it sent and what was acknowledged, for an audit of what is
// stored (docs/audit.md). Each line is appended with one system call as soon as it is recorded, so
// lines survive if the simulator is killed, but not a power failure. A message has several lines;
// the last one counts. One thread.
class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  // False: error() says why, and nothing will be recorded. A file with an incomplete last line is
  // refused: the first appended line would become part of it.
  bool open(const std::string& path);
  bool is_open() const { return file_ >= 0; }
  // False: the line wasn't written completely; error() says why.
  bool record(const LedgerEntry& entry);
  const std::string& error() const { return error_; }

 private:
  bool is_cut_short() const;

  int file_ = -1;
  std::string path_;
  std::string error_;
};

}  // namespace mongo_store::device_sim
