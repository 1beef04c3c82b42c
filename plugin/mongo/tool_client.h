// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// A tool's client, outside any pool.
struct ToolClient {
  ClientPtr client;
  std::string hosts;  // for messages; contains no secret
};

// Reads the password file. Connects to nothing yet, but looks up a mongodb+srv name. kRefuse: the
// options are wrong.
Result<ToolClient> open_tool_client(ConnectionOptions options);

}  // namespace mongo_store::mongo
