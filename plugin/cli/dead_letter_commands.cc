// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/dead_letter_commands.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/json_line.h"
#include "cli/print_line.h"
#include "cli/requeue.h"
#include "cli/stop_request.h"
#include "cli/time_text.h"
#include "message/dead_letter_reading.h"
#include "message/rejection.h"
#include "mongo/dead_letter_store.h"
#include "mongo/mongo_sink.h"
#include "wiring/settings.h"

namespace mongo_store::cli {
namespace {

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return std::nullopt;
}

std::optional<ObjectId> parse_id(const std::string& hex) {
  if (hex.size() != 2 * ObjectId::kBytes) return std::nullopt;
  ObjectId id;
  for (std::size_t i = 0; i < ObjectId::kBytes; ++i) {
    const auto high = hex_digit(hex[2 * i]);
    const auto low = hex_digit(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    id.bytes[i] = static_cast<std::byte>(*high << 4U | *low);
  }
  return id;
}

Result<mongo::DeadLetterFilter> filter_of(const CommandLine& line) {
  mongo::DeadLetterFilter filter;
  if (!line.reason.empty() && !message::is_rejection_code(line.reason)) {
    return Status::reject(
        "--reason accepts a reason code, such as value_missing; docs/documents.md lists them");
  }
  filter.reason_code = line.reason;
  if (line.id.empty()) return filter;
  filter.id = parse_id(line.id);
  if (!filter.id) return Status::reject("--id accepts the 24 hexadecimal digits of an _id");
  return filter;
}

Result<std::unique_ptr<mongo::DeadLetterStore>> open_store(const config::Config& config) {
  return mongo::DeadLetterStore::open(connection_options_of(config), config.database,
                                      config.dead_letter_collection);
}

std::string letter_json(const message::DeadLetterReading& letter) {
  JsonLine line;
  line.add("_id", letter.publish.id.hex());
  line.add("date", time_text(letter.publish.arrival_ms));
  line.add_text_or_base64("code", as_bytes(letter.reason_code));
  line.add_text_or_base64("message", as_bytes(letter.reason_sentence));
  line.add_text_or_base64("topic", as_bytes(letter.publish.topic));
  line.add_text_or_base64("collection", as_bytes(letter.collection));
  line.add_number("payloadBytes", letter.publish.payload_bytes_total);
  return line.print();
}

void print_letter(const ByteBuffer& bytes) {
  bson_t document;
  if (!bson_init_static(&document, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                        bytes.size())) {
    return;
  }
  const Result<message::DeadLetterReading> letter = message::read_dead_letter(document);
  if (letter.is_ok()) {
    print_line(letter_json(letter.value()));
  } else {
    (void)std::fprintf(stderr, "mongo-store: skipped: %s\n", letter.message().c_str());
  }
}

void print_counts(const config::Config& config, const Requeue::Counts& counts) {
  const std::string line =
      text("dead letters of ", config.database, ".", config.dead_letter_collection, ": read ",
           counts.read, ", stored ", counts.stored, ", stored_before ", counts.stored_before,
           ", duplicates ", counts.duplicates, ", removed ", counts.removed, ", stay ",
           counts.remaining(), " (truncated ", counts.truncated, ", no_document ",
           counts.no_document, ", refused ", counts.refused, ", conflicts ", counts.conflicts,
           ", unreadable ", counts.unreadable, ")");
  print_line(line);
  (void)std::fflush(stdout);
}

Status requeue_all(Requeue& requeue, const mongo::DeadLetterFilter& filter) {
  StopRequest stop;
  for (;;) {
    const Result<bool> stepped = requeue.step(filter);
    if (!stepped.is_ok()) return stepped.status();
    if (!stepped.value()) return {};
    if (stop.wait_ms(0)) return Status::retry("stopped by a signal; run it again to continue");
  }
}

}  // namespace

Status run_dead_letters_list(const CommandLine& line) {
  const Result<mongo::DeadLetterFilter> filter = filter_of(line);
  if (!filter.is_ok()) return filter.status();
  const Result<config::Config> config = load_config(line);
  if (!config.is_ok()) return config.status();
  const auto store = open_store(config.value());
  if (!store.is_ok()) return opening_failure(store.status());
  const auto letters = store.value()->newest(filter.value(), line.limit);
  if (!letters.is_ok()) return letters.status();
  for (const ByteBuffer& letter : letters.value()) print_letter(letter);
  return {};
}

Status run_dead_letters_requeue(const CommandLine& line) {
  const Result<mongo::DeadLetterFilter> filter = filter_of(line);
  if (!filter.is_ok()) return filter.status();
  const Result<config::Config> config = load_config(line);
  if (!config.is_ok()) return config.status();
  const auto store = open_store(config.value());
  if (!store.is_ok()) return opening_failure(store.status());
  const auto sink = mongo::MongoSink::create(connection_options_of(config.value()));
  if (!sink.is_ok()) return opening_failure(sink.status());
  const std::unique_ptr<delivery::SinkSession> session = sink.value()->open_session();
  Requeue requeue(wiring::delivery_context(config.value()).routes.front(), *store.value(),
                  *session);
  Status requeued = requeue_all(requeue, filter.value());
  print_counts(config.value(), requeue.counts());
  return requeued;
}

}  // namespace mongo_store::cli
