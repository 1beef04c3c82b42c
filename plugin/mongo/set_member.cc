// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/set_member.h"

#include <optional>

#include "base/text.h"

namespace mongo_store::mongo {
namespace {

std::string hello_text(const bson_t& hello, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &hello, key) || !BSON_ITER_HOLDS_UTF8(&at)) return "";
  return escaped(bson_iter_utf8(&at, nullptr));
}

bool hello_flag(const bson_t& hello, const char* key) {
  bson_iter_t at;
  return bson_iter_init_find(&at, &hello, key) && bson_iter_as_bool(&at);
}

void copy_option(const bson_iter_t& at, mongoc_uri_t* to) {
  const char* key = bson_iter_key(&at);
  if (BSON_ITER_HOLDS_BOOL(&at)) {
    mongoc_uri_set_option_as_bool(to, key, bson_iter_bool(&at));
  } else if (BSON_ITER_HOLDS_UTF8(&at)) {
    mongoc_uri_set_option_as_utf8(to, key, bson_iter_utf8(&at, nullptr));
  } else if (BSON_ITER_HOLDS_INT32(&at)) {
    mongoc_uri_set_option_as_int32(to, key, bson_iter_int32(&at));
  }
}

// Connects to one server only, whatever set it belongs to. A hello needs no user.
UriPtr direct_uri(const mongoc_uri_t& uri, const mongoc_host_list_t& host) {
  UriPtr direct(mongoc_uri_new_for_host_port(host.host, host.port));
  if (direct == nullptr) return nullptr;
  bson_iter_t at;
  bson_iter_init(&at, mongoc_uri_get_options(&uri));
  while (bson_iter_next(&at)) {
    const std::string_view key = bson_iter_key(&at);
    if (key.starts_with("tls") || key.ends_with("timeoutms")) copy_option(at, direct.get());
  }
  mongoc_uri_set_option_as_bool(direct.get(), MONGOC_URI_DIRECTCONNECTION, true);
  return direct;
}

std::optional<SetMember> ask(const mongoc_uri_t& uri, const mongoc_host_list_t& host) {
  const UriPtr direct = direct_uri(uri, host);
  bson_error_t error = {};
  const ClientPtr client(
      direct == nullptr ? nullptr : mongoc_client_new_from_uri_with_error(direct.get(), &error));
  if (client == nullptr) return std::nullopt;
  const ServerPtr server(mongoc_client_select_server(client.get(), false, nullptr, &error));
  if (server == nullptr) return std::nullopt;
  return set_member_of(*mongoc_server_description_hello_response(server.get()), host.host_and_port);
}

std::string advice_on(const SetMember& member, std::string_view wanted) {
  if (member.set.empty()) {
    return text("; ", member.host, " belongs to no replica set, but replicaSet in mongo_uri is ",
                wanted, ": leave replicaSet out, or initiate the set");
  }
  if (!wanted.empty() && member.set != wanted) {
    return text("; ", member.host, " belongs to the replica set ", member.set,
                ", but replicaSet in mongo_uri is ", wanted, ": correct one of them");
  }
  if (member.primary.empty()) {
    return text("; ", member.host, " answers, but the replica set ", member.set,
                " has no primary: a majority of its members must be up and reach each other");
  }
  return text("; ", member.host, " answers, but ", member.primary, ", the primary of the set ",
              member.set, ", can't be reached: this machine must be able to reach it by that name");
}

}  // namespace

SetMember set_member_of(const bson_t& hello, std::string_view host) {
  return {std::string(host), hello_text(hello, "setName"), hello_text(hello, "primary"),
          hello_flag(hello, "isWritablePrimary") || hello_flag(hello, "ismaster")};
}

std::string advice_on_set(const mongoc_uri_t& uri, std::string_view failure) {
  const char* wanted = mongoc_uri_get_replica_set(&uri);
  for (const auto* host = mongoc_uri_get_hosts(&uri); host != nullptr; host = host->next) {
    if (failure.find(host->host_and_port) != std::string_view::npos) continue;
    const std::optional<SetMember> member = ask(uri, *host);
    if (!member || (member->set.empty() && wanted == nullptr)) continue;
    return advice_on(*member, wanted == nullptr ? "" : escaped(wanted));
  }
  return "";
}

}  // namespace mongo_store::mongo
