// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/object_id.h"
#include "cli/ledger.h"

namespace mongo_store::cli {

// The facts about a message in its document or dead letter.
struct StoredMessage {
  std::string device;                     // empty: unknown
  std::optional<std::uint64_t> sequence;  // none: unknown
  std::string gateway;
  ObjectId id{};  // of a document; zeros if its `_id` isn't an ObjectId
};

// One message of a finding.
struct AuditExample {
  std::string device;
  std::optional<std::uint64_t> sequence;
  std::uint32_t sends = 0;  // 0: no ledger contains it
  std::uint32_t documents = 0;
  std::uint32_t dead_letters = 0;
};

struct AuditFinding {
  static constexpr std::size_t kExamplesMax = 10;

  std::uint64_t count = 0;
  std::vector<AuditExample> examples;  // the first ones

  void add(const AuditExample& example);
};

// Counts messages unless a comment says otherwise. A message may have several documents.
struct AuditReport {
  std::uint64_t devices = 0;  // in the ledgers, as are the next two
  std::uint64_t messages = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t documents = 0;  // in the collection, including unexpected ones
  std::uint64_t dead_letters = 0;
  std::uint64_t stored = 0;
  std::uint64_t stored_unacknowledged = 0;
  std::uint64_t absent_unacknowledged = 0;
  bool is_order_checked =
      false;  // for any message: the order of messages with an id isn't promised
  AuditFinding missing;
  AuditFinding doubled;
  AuditFinding doubled_by_resend;
  AuditFinding unexpected;  // documents and dead letters, not messages
  AuditFinding out_of_order;
  AuditFinding dead_lettered;

  bool is_passed() const { return missing.count == 0 && doubled.count == 0; }
};

// Compares what devices sent, according to ledgers, with what is stored; docs/audit.md describes
// the findings. Add all lines first, then documents and dead letters in any order. Uses about 100
// bytes of memory for each message, and 32 for each document of a message without an id.
class Audit {
 public:
  // has_message_ids: the brokers have option message_id, whatever the ledgers say.
  explicit Audit(bool has_message_ids) : has_message_ids_(has_message_ids) {}

  void add_line(const LedgerLine& line);
  void add_document(const StoredMessage& stored);
  void add_dead_letter(const StoredMessage& stored);
  AuditReport report();

 private:
  struct Message {
    std::uint32_t sends = 0;
    std::uint32_t documents = 0;
    std::uint32_t dead_letters = 0;
    bool is_acknowledged = false;
    bool has_message_id = false;
  };
  // A document whose place in the order of `_id`s is checked.
  struct Arrival {
    ObjectId id;
    std::uint64_t sequence;
    const std::string* gateway;  // one of gateways_
  };
  struct Device {
    std::map<std::uint64_t, Message> messages;  // by sequence
    std::vector<Arrival> arrivals;
  };

  Message* find(const StoredMessage& stored);
  void check_order(const std::string& name, Device& device);
  static void judge(const AuditExample& example, const Message& message, AuditReport& report);

  const bool has_message_ids_;
  std::map<std::string, Device> devices_;
  std::set<std::string> gateways_;
  std::uint64_t documents_ = 0;
  std::uint64_t dead_letters_ = 0;
  AuditFinding unexpected_;
  AuditFinding out_of_order_;
};

}  // namespace mongo_store::cli
