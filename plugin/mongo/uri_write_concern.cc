// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/uri_write_concern.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace mongo_store::mongo {
namespace {

constexpr std::int64_t kWtimeoutMs = 20'000;

std::string name_of(std::int32_t write_concern) {
  return write_concern == 0 ? "majority" : std::to_string(write_concern);
}

Status check_w(const bson_t* in_uri, std::int32_t write_concern) {
  bson_iter_t at;
  if (!bson_iter_init_find_case(&at, in_uri, MONGOC_URI_W)) return Status();
  const std::string wanted = name_of(write_concern);
  const bool is_same = BSON_ITER_HOLDS_UTF8(&at)
                           ? wanted == bson_iter_utf8(&at, nullptr)
                           : wanted == std::to_string(bson_iter_as_int64(&at));
  if (is_same) return Status();
  return Status::refuse(text("mongo_uri: w differs from write_concern; accepted: no w, or w=",
                             wanted, " (set write_concern for another one)"));
}

Status check_journal(const bson_t* in_uri) {
  bson_iter_t at;
  if (bson_iter_init_find_case(&at, in_uri, MONGOC_URI_JOURNAL) && !bson_iter_as_bool(&at)) {
    return Status::refuse("mongo_uri: journal is false; accepted: no journal, or journal=true");
  }
  if (bson_iter_init_find_case(&at, in_uri, MONGOC_URI_SAFE)) {
    return Status::refuse("mongo_uri: safe is not supported; accepted: write_concern instead");
  }
  return Status();
}

// The server has to give up first: its answer explains why, a closed socket doesn't.
Result<std::int64_t> wtimeout_ms(const mongoc_uri_t* uri) {
  const std::int64_t socket_ms = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 0);
  bson_iter_t at;
  if (!bson_iter_init_find_case(&at, mongoc_uri_get_options(uri), MONGOC_URI_WTIMEOUTMS)) {
    return std::max<std::int64_t>(1, std::min(kWtimeoutMs, socket_ms * 2 / 3));
  }
  const std::int64_t given_ms = bson_iter_as_int64(&at);
  if (given_ms > 0 && given_ms < socket_ms) return given_ms;
  return Status::refuse(text("mongo_uri: wtimeoutms is ", given_ms, "; accepted: 1 to ",
                             socket_ms - 1, ", less than sockettimeoutms"));
}

}  // namespace

Status set_write_concern(mongoc_uri_t* uri, const ConnectionOptions& options) {
  const bson_t* in_uri = mongoc_uri_get_options(uri);
  Status status = check_w(in_uri, options.write_concern);
  if (status.is_ok()) status = check_journal(in_uri);
  if (!status.is_ok()) return status;
  const Result<std::int64_t> wtimeout = wtimeout_ms(uri);
  if (!wtimeout.is_ok()) return wtimeout.status();

  const WriteConcernPtr concern(mongoc_write_concern_new());
  mongoc_write_concern_set_w(concern.get(), options.write_concern == 0
                                                ? MONGOC_WRITE_CONCERN_W_MAJORITY
                                                : options.write_concern);
  mongoc_write_concern_set_journal(concern.get(), true);
  mongoc_write_concern_set_wtimeout_int64(concern.get(), wtimeout.value());
  mongoc_uri_set_write_concern(uri, concern.get());
  return Status();
}

}  // namespace mongo_store::mongo
