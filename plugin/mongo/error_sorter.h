// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>

#include "delivery/sink.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// Turns the driver's result of one unordered insert of documents_count documents into an outcome.
// Pure. `error` is of error API version 2. Indexes in the outcome are below documents_count. A
// reply that names another index, or doesn't account for each document, is kRetry.
delivery::InsertOutcome sort_insert(bool is_ok, const bson_error_t& error, const bson_t& reply,
                                    std::size_t documents_count);

// For a command that failed as a whole: kRefuse if only a person can fix it, otherwise kRetry.
// `tried` begins the message: "insert into mongogw.devices".
Status sort_command(const bson_error_t& error, std::string_view tried);

// Either the connection ended while the server was expected to answer, or the time ran out. The
// driver reports both in the same words, so the caller has to check how long the call took.
bool is_connection_failure(const bson_error_t& error);

// The server, or the driver for it, didn't accept the credentials.
bool is_authentication_failure(const bson_error_t& error);

// The server refuses read concern majority (enableMajorityReadConcern: false).
bool is_majority_read_refused(const bson_error_t& error);

// An authentication failure of a database that may not have its users yet: kRetry; the message says
// that this is normal.
Status sort_early(const Status& authentication_failure);

// The server answers, but refuses reads to a user with these rights.
bool is_read_refused(const bson_error_t& error);

// The server may have forgotten who this connection is. It gives the same answer if rights are
// missing.
bool is_unauthorized(const bson_error_t& error);

}  // namespace mongo_store::mongo
