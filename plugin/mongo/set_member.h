// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "mongo/handles.h"

namespace mongo_store::mongo {

// A server's hello, as far as it is about the replica set that it belongs to.
struct SetMember {
  std::string host;     // as mongo_uri names it
  std::string set;      // empty: of none
  std::string primary;  // whom it takes for the primary; empty: nobody
  bool is_primary = false;
};

SetMember set_member_of(const bson_t& hello, std::string_view host);

// Why no server was found though some answer, as the end of a sentence: "; HOST is of the set rs1,
// ...". The driver passes over servers of another set, and over secondaries, without a word. So the
// hosts that `failure` doesn't name are asked one by one, each for up to connectTimeoutMS, until
// one answers. Empty: none does.
std::string advice_on_set(const mongoc_uri_t& uri, std::string_view failure);

}  // namespace mongo_store::mongo
