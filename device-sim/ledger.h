// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mongo_store::device_sim {

// All that is known of one message. Times are milliseconds since the epoch, by the system's clock.
struct LedgerEntry {
  std::string device;  // its UUID
  std::uint64_t sequence = 0;
  int qos = 0;
  std::int64_t sent_ms = 0;                     // for the first time
  std::optional<std::int64_t> acknowledged_ms;  // PUBACK or PUBCOMP; never with QoS 0
  std::uint32_t sends = 0;                      // how often it was sent, at most
  std::string message_id;                       // empty: it is sent without one
};

// The entry as one JSON object in one line, newline included.
std::string ledger_line(const LedgerEntry& entry);

// The file to which a fleet writes what it sent and what was acknowledged, for an audit of what is
// stored: docs/audit.md. Lines are appended, each by one call to the system as soon as it is
// recorded, so that a simulator that is killed loses none; a message has several, of which the last
// one holds. They outlive the process, not a power failure. One thread.
class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  // False: error() says why, and without it nothing is recorded. A file whose last line is cut
  // short is not taken: what is appended would be lost with that line.
  bool open(const std::string& path);
  bool is_open() const { return file_ >= 0; }
  // False: the line isn't whole in the file; error() says why.
  bool record(const LedgerEntry& entry);
  const std::string& error() const { return error_; }

 private:
  bool is_cut_short() const;

  int file_ = -1;
  std::string path_;
  std::string error_;
};

}  // namespace mongo_store::device_sim
