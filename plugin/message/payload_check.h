// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "message/rejection.h"

namespace mongo_store::message {

// MongoDB accepts documents of at most 100 levels, and the document itself is the first. The same
// limit applies to payloads, because a document's `value` is as deep as the payload's.
inline constexpr std::size_t kDepthMax = 100;
// Bounds the memory of a cJSON tree, in which the two bytes `1,` take a node of at least 64 bytes.
// At this maximum, the nodes take about 5 MiB, or less than 10 MiB if each has a key and a short
// string.
inline constexpr std::size_t kValuesMax = 65'536;

// The number tokens of a payload, in the order of the text. They are views into the payload.
using NumberTokens = std::vector<std::string_view>;

// The payload without trailing NULs, Ctrl-Zs, other control characters and spaces. Firmware that
// sends its whole buffer leaves them after the object; `lenient` accepts them there.
std::string_view without_filler(std::string_view payload);

// Whether a number token is a NaN or an infinity. JSON has neither.
bool is_not_finite(std::string_view token);

// Rejects input that cJSON would accept or that would need too much memory: NUL and its escape,
// invalid UTF-8, control characters, invalid escapes, malformed numbers (`01`, `1.`), and too many
// levels or values. Accepted text isn't necessarily JSON: the parser checks where strings, numbers
// and brackets may occur. Scans the text once, after the UTF-8 validation, and allocates only for
// `numbers`. Pure; any thread.
//
// With is_lenient, invalid UTF-8 is accepted, and the caller must check any text that it stores.
// `NaN`, `inf` and `Infinity`, in upper or lower case and with or without a sign, are number
// tokens.
Rejection check_payload(std::string_view payload, bool is_lenient, NumberTokens* numbers);

}  // namespace mongo_store::message
