// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <mongoc/mongoc.h>

#include <memory>

namespace mongo_store::mongo {

// Owners of all kinds of the C driver's objects. Plain bson_t values on the stack are OwnedBson.

template <auto destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};

using UriPtr = std::unique_ptr<mongoc_uri_t, Destroyer<mongoc_uri_destroy>>;
// Destroying one can block: see ClientPool::close().
using PoolPtr = std::unique_ptr<mongoc_client_pool_t, Destroyer<mongoc_client_pool_destroy>>;
using ClientPtr = std::unique_ptr<mongoc_client_t, Destroyer<mongoc_client_destroy>>;
using CollectionPtr = std::unique_ptr<mongoc_collection_t, Destroyer<mongoc_collection_destroy>>;
using DatabasePtr = std::unique_ptr<mongoc_database_t, Destroyer<mongoc_database_destroy>>;
using NamesPtr = std::unique_ptr<char*, Destroyer<bson_strfreev>>;  // terminated by a null pointer
using CursorPtr = std::unique_ptr<mongoc_cursor_t, Destroyer<mongoc_cursor_destroy>>;
using ReadPreferencesPtr =
    std::unique_ptr<mongoc_read_prefs_t, Destroyer<mongoc_read_prefs_destroy>>;
using WriteConcernPtr =
    std::unique_ptr<mongoc_write_concern_t, Destroyer<mongoc_write_concern_destroy>>;
using ServerPtr =
    std::unique_ptr<mongoc_server_description_t, Destroyer<mongoc_server_description_destroy>>;
using BsonText = std::unique_ptr<char, Destroyer<bson_free>>;

// A bson_t that the driver or our code fills. While it is empty it may be passed to a
// driver call that sets a reply, because it owns no memory yet.
class OwnedBson {
 public:
  OwnedBson() { bson_init(&bson_); }
  ~OwnedBson() { bson_destroy(&bson_); }
  OwnedBson(const OwnedBson&) = delete;
  OwnedBson& operator=(const OwnedBson&) = delete;

  bson_t* get() { return &bson_; }
  const bson_t& operator*() const { return bson_; }

 private:
  bson_t bson_;
};

}  // namespace mongo_store::mongo
