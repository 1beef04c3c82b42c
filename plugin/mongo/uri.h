// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// The URI that the driver is given: the user's, with what stands beside it merged in, and our
// defaults wherever the user's says nothing. Looks at password, not at password_file. Reads no
// network. What disagrees, is malformed or would give up the write concern is kRefuse; what
// shows in a message of the user's URI is what the driver says of one without user, password and
// secret options (uri_fault.h).
Result<UriPtr> make_uri(const ConnectionOptions& options);

// The same without a scheme, for people: HOST:PORT,HOST:PORT.
std::string hosts_of(const mongoc_uri_t& uri);

}  // namespace mongo_store::mongo
