// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include "cli/audit.h"

namespace mongo_store::cli {

// Which message of device-sim --sequence a document or dead letter comes from. Fields that are
// missing or have another type are left empty: other clients publish, too.
StoredMessage message_of_document(const bson_t& document);
StoredMessage message_of_dead_letter(const bson_t& dead_letter);

}  // namespace mongo_store::cli
