// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/command.h"

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {

std::string CommandCall::target() const {
  return text(database, ".", text_field(body, std::string(name).c_str()));
}

std::vector<ByteView> CommandCall::documents(const char* field) const {
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
