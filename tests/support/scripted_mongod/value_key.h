// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>

namespace mongo_store::scripted {

// A BSON value as a string of bytes: two values are equal to MongoDB if their keys are equal, and
// sort as their keys do. So 1, NumberLong(1) and 1.0 have one key. Two simplifications: documents
// and arrays compare by their bytes, and a Decimal128 equals only itself and sorts behind all other
// numbers.
std::string value_key(const bson_iter_t& value);

// The key of null, which is also that of a missing field.
std::string null_key();

}  // namespace mongo_store::scripted
