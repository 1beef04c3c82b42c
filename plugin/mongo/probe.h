// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "delivery/sink.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Tries the database once, on a separate connection, and describes the result in one line: what it
// is connected to, as which user and with which rights; or which step failed, and what to do.
// Writes nothing. Blocks for as long as connecting takes: up to connectTimeoutMS for each step.
// is_early: as in ClientPool::is_early().
delivery::ProbeLine probe(const mongoc_uri_t& uri, const std::string& hosts,
                          std::span<const delivery::Target> targets, bool is_early);

}  // namespace mongo_store::mongo
