// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <string_view>

namespace mongo_store::scripted {

// MongoDB's name of an error code; "Location" if it isn't listed here.
std::string_view code_name(std::int32_t code);

// Whether the retryable writes specification lets a driver send a write again after this code.
bool is_retryable_write_code(std::int32_t code);

// {ok: 0, errmsg, code, codeName}
void append_error(bson_t* reply, std::int32_t code, std::string_view name,
                  std::string_view message);

// errorLabels: ["RetryableWriteError"], which a server adds only to retryable writes.
void append_retryable_label(bson_t* reply);

}  // namespace mongo_store::scripted
