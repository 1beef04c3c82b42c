// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/reader_commands.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/connection.h"
#include "cli/flag_table.h"
#include "cli/print_line.h"
#include "config/message_id.h"
#include "mongo/document_reader.h"

namespace mongo_store::cli {
namespace {

struct OpenReader {
  std::unique_ptr<mongo::DocumentReader> documents;
  std::string database;
  std::string collection;
  mongo::Order order;
};

Result<OpenReader> open(const CommandLine& line) {
  const Result<config::Config> loaded = load_config(line);
  if (!loaded.is_ok()) return loaded.status();
  const config::Config& config = loaded.value();
  auto documents = mongo::DocumentReader::open(connection_options_of(config));
  if (!documents.is_ok()) return opening_failure(documents.status());
  const bool is_dead_letters =
      std::ranges::find(line.own_flags, kDeadLettersFlag) != line.own_flags.end();
  // A dead letter's `_id` is always that of its arrival.
  const bool is_by_date = !is_dead_letters && config::parse_message_id(config.message_id).source !=
                                                  config::MessageIdSource::kOff;
  return OpenReader{std::move(documents).value(), config.database,
                    is_dead_letters ? config.dead_letter_collection : config.collection,
                    is_by_date ? mongo::Order::kByDate : mongo::Order::kById};
}

}  // namespace

Status run_count(const CommandLine& line) {
  const Result<OpenReader> reader = open(line);
  if (!reader.is_ok()) return reader.status();
  const OpenReader& from = reader.value();
  const Result<std::int64_t> count = from.documents->count(from.database, from.collection);
  if (count.is_ok()) print_line(std::to_string(count.value()));
  return count.status();
}

Status run_first(const CommandLine& line) {
  const Result<OpenReader> reader = open(line);
  if (!reader.is_ok()) return reader.status();
  const OpenReader& from = reader.value();
  const auto first = from.documents->first(from.database, from.collection);
  if (first.is_ok() && first.value()) print_line(*first.value());
  return first.status();
}

Status run_last(const CommandLine& line) {
  const Result<OpenReader> reader = open(line);
  if (!reader.is_ok()) return reader.status();
  const OpenReader& from = reader.value();
  const auto last = from.documents->last(from.database, from.collection, line.limit, from.order);
  if (!last.is_ok()) return last.status();
  for (const std::string& document : last.value()) print_line(document);
  return Status();
}

}  // namespace mongo_store::cli
