// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>

namespace mongo_store::scripted {

// A BSON value as a string of bytes. Two values are equal in MongoDB if their keys are equal, and
// they sort like their keys. Therefore 1, NumberLong(1) and 1.0 have the same key. There are two
// simplifications: documents and arrays are compared by their bytes, and a Decimal128 equals only
// itself and sorts after all other numbers.
std::string value_key(const bson_iter_t& value);

// The key of null, which is also the key of a missing field.
std::string null_key();

}  // namespace mongo_store::scripted
