// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Sets w, j: true and wtimeout for every insert. A document counts as stored only because of them.
// Therefore a URI that asks for something else is kRefuse: a w that differs from the options',
// journal=false, safe, or a wtimeoutMS that doesn't end before socketTimeoutMS. Call it after the
// timeouts are set.
Status set_write_concern(mongoc_uri_t* uri, const ConnectionOptions& options);

}  // namespace mongo_store::mongo
