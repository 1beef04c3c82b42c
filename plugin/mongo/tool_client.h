// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// A client of a tool's own, beside no pool.
struct ToolClient {
  ClientPtr client;
  std::string hosts;  // for messages; no secret in it
};

// Reads the password file; connects to nothing yet, but looks a mongodb+srv name up. kRefuse: the
// options are wrong.
Result<ToolClient> open_tool_client(ConnectionOptions options);

}  // namespace mongo_store::mongo
