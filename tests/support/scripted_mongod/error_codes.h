// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <string_view>

namespace mongo_store::scripted {

// MongoDB's name of an error code; "Location" for one that isn't listed here.
std::string_view code_name(std::int32_t code);

// Whether a driver may send a write again by itself after this code, as the retryable writes
// specification lists them.
bool is_retryable_write_code(std::int32_t code);

// {ok: 0, errmsg, code, codeName}
void append_error(bson_t* reply, std::int32_t code, std::string_view name,
                  std::string_view message);

// errorLabels: ["RetryableWriteError"], which a server adds to retryable writes only.
void append_retryable_label(bson_t* reply);

}  // namespace mongo_store::scripted
