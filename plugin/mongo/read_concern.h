// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "mongo/handles.h"

namespace mongo_store::mongo {

// Adds read concern majority to the options of a find, so that no election rolls back the documents
// that it finds.
inline void append_majority_read(bson_t* options) {
  bson_t concern;
  bson_append_document_begin(options, "readConcern", -1, &concern);
  bson_append_utf8(&concern, "level", -1, MONGOC_READ_CONCERN_LEVEL_MAJORITY, -1);
  bson_append_document_end(options, &concern);
}

}  // namespace mongo_store::mongo
