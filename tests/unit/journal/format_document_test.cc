// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "journal/format.h"
#include "message/delivery_context.h"
#include "message/publish.h"
#include "tests/support/cmocka.h"

// docs/journal-format.md has a worked example. Its bytes, decoded by the real code, must equal the
// values in its tables, and its tables must list every decoded value.
namespace mongo_store::journal {
namespace {

struct Block {
  std::uint64_t offset = 0;  // of its first byte
  ByteBuffer bytes;
};

struct Document {
  std::map<std::string, Block> blocks;        // by the word after "```hex "
  std::map<std::string, std::string> values;  // by field
};

void read_hex_line(const std::string& line, Block& block) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  const std::uint64_t offset = std::stoull(word, nullptr, 16);
  if (block.bytes.empty()) block.offset = offset;
  assert_int_equal(offset, block.offset + block.bytes.size());
  while (words >> word) block.bytes.push_back(std::byte(std::stoul(word, nullptr, 16)));
}

// A row "| `field`
// value |".
void read_row(const std::string& line, Document& document) {
  const std::size_t end = line.find("` | ");
  if (!line.starts_with("| `") || end == std::string::npos) return;
  const std::string field = line.substr(3, end - 3);
  const std::string rest = line.substr(end + 4);
  document.values[field] = rest.substr(0, rest.rfind(" |"));
}

Document read_document() {
  const char* const source = std::getenv("MONGO_STORE_SOURCE_DIR");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/docs/journal-format.md");
  assert_true(file.is_open());
  Document document;
  Block* block = nullptr;
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kBegin = "```hex ";
    if (line.starts_with(kBegin)) {
      block = &document.blocks[line.substr(kBegin.size())];
    } else if (line.starts_with("```")) {
      block = nullptr;
    } else if (block != nullptr) {
      read_hex_line(line, *block);
    } else {
      read_row(line, document);
    }
  }
  return document;
}

std::string hex64(std::uint64_t value) {
  char digits[19];
  std::snprintf(digits, sizeof(digits), "0x%016llx", static_cast<unsigned long long>(value));
  return digits;
}

using Values = std::map<std::string, std::string>;

// Compares the document's fields whose names begin with `prefix` and a dot. Neither side may have a
// field that the other one lacks.
void assert_same(const Document& document, const std::string& prefix, const Values& decoded) {
  std::size_t fields = 0;
  for (const auto& [field, value] : document.values) {
    if (!field.starts_with(prefix + ".")) continue;
    ++fields;
    const auto found = decoded.find(field.substr(prefix.size() + 1));
    assert_true(found != decoded.end());
    assert_string_equal(found->second.c_str(), value.c_str());
  }
  assert_int_equal(fields, decoded.size());
}

Values values_of(const message::DeliveryContext& context) {
  const message::Route& route = context.routes.at(0);
  return {{"gateway_id", context.gateway_id},
          {"database", route.database},
          {"collection", route.collection},
          {"dead_letter_collection", route.dead_letter_collection},
          {"device_uid", std::to_string(static_cast<int>(route.device_uid))},
          {"number_type", std::to_string(static_cast<int>(route.number_type))},
          {"metadata", std::to_string(route.has_metadata ? 1 : 0)},
          {"payload_bytes_max", std::to_string(route.payload_bytes_max)},
          {"message_id_source", std::to_string(static_cast<int>(route.message_id_source))},
          {"message_id_name", route.message_id_name},
          {"lenient", std::to_string(route.is_lenient ? 1 : 0)},
          {"device_uid_level", std::to_string(route.device_uid_level)}};
}

Values values_of(const message::Publish& publish) {
  return {{"arrival_ms", std::to_string(publish.arrival_ms)},
          {"route", std::to_string(publish.route)},
          {"qos", std::to_string(publish.qos)},
          {"retain", std::to_string(publish.is_retain ? 1 : 0)},
          {"topic", std::string(publish.topic)},
          {"client_id", std::string(publish.client_id)},
          {"has_username", std::to_string(publish.has_username ? 1 : 0)},
          {"username", std::string(publish.username)},
          {"message_id", std::string(publish.message_id)},
          {"payload_bytes", std::to_string(publish.payload_bytes_total)},
          {"payload", std::string(as_text(publish.payload))}};
}

SegmentHeader header_of(const Document& document) {
  Result<SegmentHeader> header = decode_segment_header(document.blocks.at("segment-header").bytes);
  assert_true(header.is_ok());
  return std::move(header).value();
}

void the_segment_header_is_what_the_document_says(void**) {
  const Document document = read_document();
  const SegmentHeader header = header_of(document);
  assert_same(document, "header",
              {{"version", std::to_string(kFormatVersion)},
               {"number", std::to_string(header.number)},
               {"epoch", hex64(header.epoch)},
               {"segment_bytes", std::to_string(header.segment_bytes)},
               {"created_ms", std::to_string(header.created_ms)},
               {"is_mapped", std::to_string(header.is_mapped ? 1 : 0)},
               {"context_bytes", std::to_string(header.context.size())}});
  const auto context = message::decode_context(header.context);
  assert_true(context.is_ok());
  assert_same(document, "context", values_of(context.value()));
}

void encoding_the_header_gives_the_documents_bytes(void**) {
  const Document document = read_document();
  const ByteBuffer& written = document.blocks.at("segment-header").bytes;
  ByteBuffer encoded = encode_segment_header(header_of(document));
  assert_int_equal(encoded.size(), kFirstRecordOffset);
  assert_true(std::all_of(encoded.begin() + static_cast<std::ptrdiff_t>(written.size()),
                          encoded.begin() + kSegmentHeaderBytes,
                          [](std::byte b) { return b == std::byte{0}; }));
  encoded.resize(written.size());
  assert_true(encoded == written);
}

void the_records_are_what_the_document_says(void**) {
  const Document document = read_document();
  const std::uint64_t epoch = header_of(document).epoch;
  for (const char* const name : {"record-1", "record-2"}) {
    const Block& block = document.blocks.at(name);
    const auto record = find_record(block.bytes, epoch, block.offset);
    assert_true(record.has_value());
    assert_int_equal(block.bytes.size(), record_bytes(record->body_bytes));
    const ByteView body = ByteView(block.bytes).subspan(kRecordHeaderBytes, record->body_bytes);
    const auto publish = message::decode_publish(record->id, body);
    assert_true(publish.is_ok());
    Values values = values_of(publish.value());
    values["offset"] = std::to_string(block.offset);
    values["sequence"] = std::to_string(record->sequence);
    values["body_bytes"] = std::to_string(record->body_bytes);
    values["id"] = record->id.hex();
    assert_same(document, name, values);
  }
}

void the_checkpoint_is_what_the_document_says(void**) {
  const Document document = read_document();
  const ByteBuffer& slot = document.blocks.at("checkpoint").bytes;
  const Result<Checkpoint> decoded = decode_checkpoint(slot);
  assert_true(decoded.is_ok());
  const Checkpoint& checkpoint = decoded.value();
  assert_same(document, "checkpoint",
              {{"is_clean", std::to_string(checkpoint.is_clean ? 1 : 0)},
               {"last_id", checkpoint.last_id.hex()},
               {"generation", std::to_string(checkpoint.generation)},
               {"base_sequence", std::to_string(checkpoint.base_sequence)},
               {"segment", std::to_string(checkpoint.position.segment)},
               {"offset", std::to_string(checkpoint.position.offset)},
               {"sequence", std::to_string(checkpoint.position.sequence)},
               {"stored", std::to_string(checkpoint.settled.stored)},
               {"duplicates", std::to_string(checkpoint.settled.duplicates)},
               {"dead_lettered", std::to_string(checkpoint.settled.dead_lettered)},
               {"damaged", std::to_string(checkpoint.settled.damaged)},
               {"next_sequence", std::to_string(checkpoint.next_sequence)}});
  assert_true(encode_checkpoint(checkpoint) == slot);
  assert_int_equal(checkpoint.settled.total(),
                   checkpoint.position.sequence - checkpoint.base_sequence);
}

}  // namespace
}  // namespace mongo_store::journal

int main() {
  using namespace mongo_store::journal;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_segment_header_is_what_the_document_says),
      cmocka_unit_test(encoding_the_header_gives_the_documents_bytes),
      cmocka_unit_test(the_records_are_what_the_document_says),
      cmocka_unit_test(the_checkpoint_is_what_the_document_says),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
