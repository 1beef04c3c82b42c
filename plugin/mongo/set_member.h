// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "mongo/handles.h"

namespace mongo_store::mongo {

// The part of a server's hello that is about its replica set.
struct SetMember {
  std::string host;     // as mongo_uri names it
  std::string set;      // empty: no set
  std::string primary;  // the primary, according to this server; empty: none
  bool is_primary = false;
};

SetMember set_member_of(const bson_t& hello, std::string_view host);

// Explains why no server was found although some answer, as the end of a sentence: "; HOST is of
// the set rs1, ...". The driver silently skips servers of another set, and secondaries. Therefore
// the hosts that `failure` doesn't name are asked one by one, each for up to connectTimeoutMS,
// until one answers. Empty: none does.
std::string advice_on_set(const mongoc_uri_t& uri, std::string_view failure);

}  // namespace mongo_store::mongo
