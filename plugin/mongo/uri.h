// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// The URI for the driver: the user's URI, merged with the other options, and with our defaults for
// everything that it leaves open. Uses password, not password_file. Reads no network.
// Contradictions, malformed parts and anything that gives up the write concern are kRefuse. A
// message shows only what the driver says about the URI without user, password and secret options
// (uri_fault.h).
Result<UriPtr> make_uri(const ConnectionOptions& options);

// The same without a scheme, for people: HOST:PORT,HOST:PORT.
std::string hosts_of(const mongoc_uri_t& uri);

}  // namespace mongo_store::mongo
