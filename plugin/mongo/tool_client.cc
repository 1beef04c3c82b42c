// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/tool_client.h"

#include <utility>

#include "base/text.h"
#include "mongo/error_sorter.h"
#include "mongo/password_file.h"
#include "mongo/uri.h"

namespace mongo_store::mongo {

Result<ToolClient> open_tool_client(ConnectionOptions options) {
  if (!options.password_file.empty()) {
    Result<std::string> password = read_password_file(options.password_file);
    if (!password.is_ok()) return password.status();
    options.password = std::move(password).value();
  }
  const Result<UriPtr> uri = make_uri(options);
  if (!uri.is_ok()) return uri.status();
  const std::string hosts = hosts_of(*uri.value());
  bson_error_t error = {};
  ClientPtr client(mongoc_client_new_from_uri_with_error(uri.value().get(), &error));
  if (client == nullptr) return sort_command(error, text("connect to ", hosts));
  mongoc_client_set_error_api(client.get(), MONGOC_ERROR_API_VERSION_2);
  return ToolClient{std::move(client), hosts};
}

}  // namespace mongo_store::mongo
