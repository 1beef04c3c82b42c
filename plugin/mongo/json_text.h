// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>
#include <string_view>

namespace mongo_store::mongo {

// Relaxed Extended JSON in one line, each double as the shortest text that reads back as the same
// value.
std::string json_of(const bson_t& document);

// The JSON text with its doubles written that way. libbson writes 20 digits: 21.600000000000001421
// for 21.6.
std::string with_short_doubles(std::string_view json);

}  // namespace mongo_store::mongo
