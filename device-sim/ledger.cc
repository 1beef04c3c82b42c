// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/ledger.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace mongo_store::device_sim {

std::string ledger_line(const LedgerEntry& entry) {
  const std::unique_ptr<cJSON, decltype(&cJSON_Delete)> object(cJSON_CreateObject(), cJSON_Delete);
  cJSON* line = object.get();
  cJSON_AddStringToObject(line, "device", entry.device.c_str());
  cJSON_AddNumberToObject(line, "sequence", static_cast<double>(entry.sequence));
  cJSON_AddNumberToObject(line, "qos", entry.qos);
  cJSON_AddNumberToObject(line, "sent", static_cast<double>(entry.sent_ms));
  if (entry.acknowledged_ms.has_value()) {
    cJSON_AddNumberToObject(line, "acknowledged", static_cast<double>(*entry.acknowledged_ms));
  } else {
    cJSON_AddNullToObject(line, "acknowledged");
  }
  cJSON_AddNumberToObject(line, "sends", entry.sends);
  if (!entry.message_id.empty()) {
    cJSON_AddStringToObject(line, "message_id", entry.message_id.c_str());
  }
  const std::unique_ptr<char, decltype(&cJSON_free)> text(cJSON_PrintUnformatted(line), cJSON_free);
  return text == nullptr ? "" : std::string(text.get()) + "\n";
}

Ledger::~Ledger() {
  if (file_ >= 0) ::close(file_);
}

bool Ledger::open(const std::string& path) {
  path_ = path;
  file_ = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    error_ = "--ledger '" + path + "': " + std::strerror(errno);
  } else if (is_cut_short()) {
    error_ = "--ledger '" + path +
             "': its last line is cut short; accepted: a new file, or one "
             "that ends with a complete line";
  }
  return error_.empty();
}

bool Ledger::is_cut_short() const {
  char last = '\n';
  const off_t end = ::lseek(file_, 0, SEEK_END);
  return end > 0 && ::pread(file_, &last, 1, end - 1) == 1 && last != '\n';
}

bool Ledger::record(const LedgerEntry& entry) {
  const std::string line = ledger_line(entry);
  const ssize_t written = ::write(file_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size()) && !line.empty()) return true;
  error_ = "can't write the ledger '" + path_ +
           "': " + (written < 0 ? std::strerror(errno) : "a line was written only in part");
  return false;
}

}  // namespace mongo_store::device_sim
