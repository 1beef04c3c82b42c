// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include "cli/audit.h"

namespace mongo_store::cli {

// Which message of device-sim --sequence a document, or a dead letter, was. What isn't there, or
// not of the right kind, is left empty: other clients publish as well.
StoredMessage message_of_document(const bson_t& document);
StoredMessage message_of_dead_letter(const bson_t& dead_letter);

}  // namespace mongo_store::cli
