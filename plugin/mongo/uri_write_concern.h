// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Sets w, j: true and wtimeout, which each insert then carries. A document counts as stored only
// because of them, so a URI that asks for something else is kRefuse and never obeyed: another w
// than the options', journal=false, safe, or a wtimeoutMS that doesn't end before socketTimeoutMS.
// Call it when the timeouts stand.
Status set_write_concern(mongoc_uri_t* uri, const ConnectionOptions& options);

}  // namespace mongo_store::mongo
