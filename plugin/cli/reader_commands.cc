// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/reader_commands.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/flag_table.h"
#include "cli/print_line.h"
#include "cli/progress.h"
#include "config/message_id.h"
#include "mongo/document_reader.h"

namespace mongo_store::cli {
namespace {

struct OpenReader {
  std::unique_ptr<mongo::DocumentReader> documents;
  std::string database;
  std::string collection;
  std::string dead_letter_collection;
  mongo::Order order;

  std::string name() const { return text(database, ".", collection); }
};

Result<OpenReader> open(const CommandLine& line) {
  const Result<config::Config> loaded = load_config(line);
  if (!loaded.is_ok()) return loaded.status();
  const config::Config& config = loaded.value();
  auto documents = mongo::DocumentReader::open(connection_options_of(config));
  if (!documents.is_ok()) return opening_failure(documents.status());
  const bool is_dead_letters =
      std::ranges::find(line.own_flags, kDeadLettersFlag) != line.own_flags.end();
  // The `_id` of a dead letter is always the one of its arrival.
  const bool is_by_date = !is_dead_letters && config::parse_message_id(config.message_id).source !=
                                                  MessageIdSource::kOff;
  return OpenReader{std::move(documents).value(), config.database,
                    is_dead_letters ? config.dead_letter_collection : config.collection,
                    config.dead_letter_collection,
                    is_by_date ? mongo::Order::kByDate : mongo::Order::kById};
}

void note(const std::string& line) {
  (void)std::fprintf(stderr, "mongo-store: %s\n", line.c_str());
}

// Without the dead-letter collection, which may be the only one, and the server's own.
std::vector<std::string> others_of(const OpenReader& from, std::vector<std::string> names) {
  std::erase_if(names, [&](const std::string& name) {
    return name == from.dead_letter_collection || name.starts_with("system.");
  });
  return names;
}

std::string list_text(const std::vector<std::string>& names) {
  constexpr std::size_t kNamesMax = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) {
    list += text(list.empty() ? "" : ", ", escaped(names[i]));
  }
  return names.size() > kNamesMax ? list + ", ..." : list;
}

// Says why nothing was found. kAbsent: there is no such collection, but there are others, so its
// name is probably misspelt.
Status explain_nothing(const OpenReader& from) {
  const Result<std::vector<std::string>> listed = from.documents->collections(from.database);
  if (!listed.is_ok()) {
    note(text(from.name(), " is empty or doesn't exist; the server doesn't say which (",
              listed.message(), ")"));
    return {};
  }
  const std::vector<std::string>& names = listed.value();
  if (std::ranges::find(names, from.collection) != names.end()) {
    note(text(from.name(), " is empty"));
    return {};
  }
  if (from.collection == from.dead_letter_collection) {
    note(text(from.name(), " doesn't exist yet: the first dead letter will create it"));
    return {};
  }
  const std::vector<std::string> others = others_of(from, names);
  if (others.empty()) {
    note(text(from.name(), " doesn't exist yet: the first document will create it"));
    return {};
  }
  return Status::absent(
      text(from.name(), " doesn't exist; collections of ", from.database, ": ", list_text(others)));
}

}  // namespace

Status run_count(const CommandLine& line) {
  const Result<OpenReader> reader = open(line);
  if (!reader.is_ok()) return reader.status();
  const OpenReader& from = reader.value();
  Progress progress("documents");
  const Result<std::int64_t> count =
      from.documents->count(from.database, from.collection, progress);
  if (!count.is_ok()) return count.status();
  print_line(std::to_string(count.value()));
  return count.value() == 0 ? explain_nothing(from) : Status();
}

Status run_first(const CommandLine& line) {
  const Result<OpenReader> reader = open(line);
  if (!reader.is_ok()) return reader.status();
  const OpenReader& from = reader.value();
  const auto first = from.documents->first(from.database, from.collection);
  if (!first.is_ok()) return first.status();
  if (!first.value()) return explain_nothing(from);
  print_line(*first.value());
  return Status();
}

Status run_last(const CommandLine& line) {
  const Result<OpenReader> reader = open(line);
  if (!reader.is_ok()) return reader.status();
  const OpenReader& from = reader.value();
  Progress progress("documents");
  const auto last =
      from.documents->last(from.database, from.collection, line.limit, from.order, progress);
  if (!last.is_ok()) return last.status();
  for (const std::string& document : last.value()) print_line(document);
  return last.value().empty() ? explain_nothing(from) : Status();
}

}  // namespace mongo_store::cli
