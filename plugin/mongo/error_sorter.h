// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>

#include "delivery/sink.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// What the driver said of one unordered insert of documents_count documents, as an outcome. Pure.
// `error` is of error API version 2. Indexes in the outcome are below documents_count; a reply
// that names another one, or doesn't account for each document, is kRetry.
delivery::InsertOutcome sort_insert(bool is_ok, const bson_error_t& error, const bson_t& reply,
                                    std::size_t documents_count);

// A command that failed as a whole: kRefuse where only a person can mend it, else kRetry. `tried`
// begins the message: "insert into mongogw.devices".
Status sort_command(const bson_error_t& error, std::string_view tried);

// The connection ended while the server was to answer; or its time ran out, which the driver says
// in the same words: the caller has to look at how long the call took.
bool is_connection_failure(const bson_error_t& error);

// The server, or the driver on its behalf, didn't accept the credentials.
bool is_authentication_failure(const bson_error_t& error);

// The server reads nothing at read concern majority (enableMajorityReadConcern: false).
bool is_majority_read_refused(const bson_error_t& error);

// An authentication failure of a database that may not have its users yet: kRetry; the message says
// that this is normal.
Status sort_early(const Status& authentication_failure);

// The server answers, and lets nobody with these rights read.
bool is_read_refused(const bson_error_t& error);

// The server may have forgotten who this connection is; so it answers where rights are missing too.
bool is_unauthorized(const bson_error_t& error);

}  // namespace mongo_store::mongo
