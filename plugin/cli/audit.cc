// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/audit.h"

#include <algorithm>

namespace mongo_store::cli {

void AuditFinding::add(const AuditExample& example) {
  ++count;
  if (examples.size() < kExamplesMax) examples.push_back(example);
}

void Audit::add_line(const LedgerLine& line) {
  Message& message = devices_[line.device].messages[line.sequence];
  message.sends = std::max(message.sends, line.sends);
  message.is_acknowledged |= line.is_acknowledged;
  message.has_message_id |= line.has_message_id || has_message_ids_;
}

Audit::Message* Audit::find(const StoredMessage& stored) {
  const auto device = devices_.find(stored.device);
  if (device == devices_.end() || !stored.sequence.has_value()) return nullptr;
  const auto message = device->second.messages.find(*stored.sequence);
  return message == device->second.messages.end() ? nullptr : &message->second;
}

void Audit::add_document(const StoredMessage& stored) {
  ++documents_;
  Message* message = find(stored);
  if (message == nullptr) return unexpected_.add({stored.device, stored.sequence, 0, 1, 0});
  ++message->documents;
  if (message->has_message_id) return;
  const std::string& gateway = *gateways_.insert(stored.gateway).first;
  devices_[stored.device].arrivals.push_back({stored.id, *stored.sequence, &gateway});
}

// Compares the first document of each message with those before it. A message that was sent again
// is not out of order: perhaps only the second sending arrived, after later messages.
void Audit::check_order(const std::string& name, Device& device) {
  std::ranges::stable_sort(device.arrivals, {}, &Arrival::id);
  std::map<const std::string*, std::uint64_t> highest_by_gateway;
  std::set<std::uint64_t> seen;
  for (const Arrival& arrival : device.arrivals) {
    if (!seen.insert(arrival.sequence).second) continue;
    const Message& message = device.messages[arrival.sequence];
    std::uint64_t& highest = highest_by_gateway[arrival.gateway];
    if (arrival.sequence < highest && message.sends == 1) {
      out_of_order_.add({name, arrival.sequence, message.sends, 1, message.dead_letters});
    }
    highest = std::max(highest, arrival.sequence);
  }
  device.arrivals.clear();
}

void Audit::add_dead_letter(const StoredMessage& stored) {
  ++dead_letters_;
  Message* message = find(stored);
  if (message == nullptr) return unexpected_.add({stored.device, stored.sequence, 0, 0, 1});
  ++message->dead_letters;
}

// With a message id, a resend makes no second document. But a dead letter has the id of its
// arrival, so each sending of a message that can't be stored may make a dead letter.
void Audit::judge(const AuditExample& example, const Message& message, AuditReport& report) {
  const std::uint64_t copies = std::uint64_t{message.documents} + message.dead_letters;
  if (message.documents > 0) ++report.stored;
  if (message.dead_letters > 0) report.dead_lettered.add(example);
  if (copies == 0) {
    if (message.is_acknowledged) {
      report.missing.add(example);
    } else {
      ++report.absent_unacknowledged;
    }
    return;
  }
  if (!message.is_acknowledged && message.documents > 0) ++report.stored_unacknowledged;
  if (copies == 1) return;
  const bool is_known_by_id = message.has_message_id && message.documents > 0;
  if (copies > message.sends || is_known_by_id) {
    report.doubled.add(example);
  } else {
    report.doubled_by_resend.add(example);
  }
}

AuditReport Audit::report() {
  for (auto& [name, device] : devices_) check_order(name, device);
  AuditReport report;
  report.devices = devices_.size();
  report.documents = documents_;
  report.dead_letters = dead_letters_;
  report.unexpected = unexpected_;
  report.out_of_order = out_of_order_;
  for (const auto& [name, device] : devices_) {
    for (const auto& [sequence, message] : device.messages) {
      ++report.messages;
      if (message.is_acknowledged) ++report.acknowledged;
      report.is_order_checked |= !message.has_message_id;
      judge({name, sequence, message.sends, message.documents, message.dead_letters}, message,
            report);
    }
  }
  return report;
}

}  // namespace mongo_store::cli
