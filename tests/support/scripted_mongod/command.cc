// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/command.h"

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {

std::string_view first_key(const bson_t& body) {
  bson_iter_t first;
  return bson_iter_init(&first, &body) && bson_iter_next(&first) ? bson_iter_key(&first) : "";
}

std::string target_of(const bson_t& body) {
  const std::string name(first_key(body));
  return text(text_field(body, "$db"), ".", text_field(body, name.c_str()));
}

std::string_view read_concern_level(const bson_t& body) {
  const BsonView concern(embedded_field(body, "readConcern"));
  return text_field(concern.bson(), "level");
}

std::size_t listed_ids(const bson_t& body) {
  bson_iter_t filter;
  if (!find_field(body, "filter", filter) && !find_field(body, "query", filter)) return 0;
  const BsonView asked(filter);
  const BsonView operators(embedded_field(asked.bson(), "_id"));
  const BsonView ids(embedded_field(operators.bson(), "$in"));
  return bson_count_keys(&ids.bson());
}

std::vector<ByteView> documents_in(const WireMessage& message, const bson_t& body,
                                   const char* field) {
  for (const DocumentSequence& sequence : message.sequences) {
    if (sequence.name == field) return sequence.documents;
  }
  std::vector<ByteView> embedded;
  const BsonView array(embedded_field(body, field));
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &array.bson())) return embedded;
  while (bson_iter_next(&iter)) {
    if (BSON_ITER_HOLDS_DOCUMENT(&iter)) embedded.push_back(embedded_bytes(iter));
  }
  return embedded;
}

}  // namespace mongo_store::scripted
