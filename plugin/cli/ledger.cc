// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/ledger.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <vector>

#include "base/text.h"
#include "message/cjson_ptr.h"

namespace mongo_store::cli {
namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;
constexpr double kTimeMsMax = 9e15;  // a double holds it to the millisecond
constexpr const char* kAcceptedLines = "accepted: lines that device-sim --ledger writes";

message::CJsonPtr parse_object(const std::string& line) {
  const bool has_nul = line.find('\0') != std::string::npos;
  message::CJsonPtr parsed(
      has_nul ? nullptr : cJSON_ParseWithLengthOpts(line.c_str(), line.size() + 1, nullptr, 1));
  if (cJSON_IsObject(parsed.get()) == 0) parsed.reset();
  return parsed;
}

bool is_whole(const cJSON* item, double min, double max) {
  if (cJSON_IsNumber(item) == 0) return false;
  const double number = item->valuedouble;
  return number >= min && number <= max &&
         number == static_cast<double>(static_cast<std::int64_t>(number));
}

Status wrong(std::string_view field, std::string_view accepted) {
  return Status::refuse(text("\"", field, "\": accepted: ", accepted));
}

Status read_acknowledged(const cJSON* item, bool is_qos_0, LedgerLine& line) {
  line.is_acknowledged = cJSON_IsNumber(item) != 0;
  if (is_qos_0) {
    return cJSON_IsNull(item) != 0 ? Status() : wrong("acknowledged", "null for QoS 0");
  }
  if (cJSON_IsNull(item) == 0 && !is_whole(item, 0, kTimeMsMax)) {
    return wrong("acknowledged", "null or milliseconds since the epoch");
  }
  return Status();
}

Status read_fields(const cJSON* object, LedgerLine& line) {
  const auto field = [object](const char* name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
  };
  const char* device = cJSON_GetStringValue(field("device"));
  if (device == nullptr || *device == '\0') return wrong("device", "a string that isn't empty");
  line.device = device;
  const cJSON* sequence = field("sequence");
  if (!is_whole(sequence, 0, static_cast<double>(kSequenceMax))) {
    return wrong("sequence", text("a whole number from 0 to ", kSequenceMax));
  }
  line.sequence = static_cast<std::uint64_t>(sequence->valuedouble);
  const cJSON* qos = field("qos");
  if (!is_whole(qos, 0, 2)) return wrong("qos", "0, 1 or 2");
  if (!is_whole(field("sent"), 0, kTimeMsMax)) return wrong("sent", "milliseconds since the epoch");
  const cJSON* sends = field("sends");
  if (!is_whole(sends, 1, std::numeric_limits<std::uint32_t>::max())) {
    return wrong("sends", "a whole number from 1 to 4294967295");
  }
  line.sends = static_cast<std::uint32_t>(sends->valuedouble);
  const cJSON* message_id = field("message_id");
  line.has_message_id = message_id != nullptr;
  if (message_id != nullptr && cJSON_IsString(message_id) == 0) {
    return wrong("message_id", "a string, or the field is absent");
  }
  return read_acknowledged(field("acknowledged"), qos->valuedouble == 0, line);
}

Status bad_line(const std::string& path, std::uint64_t number, std::string_view problem) {
  return Status::refuse(
      text("ledger ", escaped(path), ", line ", number, ": ", problem, "; ", kAcceptedLines));
}

Status unreadable(const std::string& path) {
  return Status::io(text("ledger ", escaped(path), " can't be read: ", std::strerror(errno)));
}

}  // namespace

Result<LedgerLine> parse_ledger_line(const std::string& line) {
  const message::CJsonPtr object = parse_object(line);
  if (object == nullptr) return Status::refuse("not a JSON object");
  LedgerLine parsed;
  const Status status = read_fields(object.get(), parsed);
  if (!status.is_ok()) return status;
  return parsed;
}

Result<LedgerSize> read_ledger(const std::string& path,
                               const std::function<void(const LedgerLine&)>& on_line) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return unreadable(path);
  if (S_ISDIR(found.st_mode)) errno = EISDIR;
  std::ifstream file;
  if (!S_ISDIR(found.st_mode)) file.open(path, std::ios::binary);
  if (!file.is_open()) return unreadable(path);
  std::vector<char> buffer(kLineBytesMax + 1);
  LedgerSize size;
  while (file.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {
    if (file.eof()) {
      size.is_cut_short = true;
      return size;
    }
    ++size.lines;
    const auto bytes = static_cast<std::size_t>(file.gcount()) - 1;  // it counts the newline
    const Result<LedgerLine> line = parse_ledger_line(std::string(buffer.data(), bytes));
    if (!line.is_ok()) return bad_line(path, size.lines, line.message());
    on_line(line.value());
  }
  if (file.bad()) return unreadable(path);
  if (!file.eof()) return bad_line(path, size.lines + 1, "longer than 64 KiB");
  return size;
}

}  // namespace mongo_store::cli
