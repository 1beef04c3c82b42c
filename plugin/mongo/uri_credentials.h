// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Puts user, password and auth source into the URI. kRefuse if the URI has different ones, or if a
// user lacks the password that its mechanism needs.
Status merge_credentials(mongoc_uri_t* uri, const ConnectionOptions& options);

}  // namespace mongo_store::mongo
