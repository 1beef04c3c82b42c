// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "message/rejection.h"

namespace mongo_store::message {

// MongoDB takes documents of 100 levels, the document itself being the first. The payload's object
// turns into the document, and what it holds keeps its level: the bound is the same on both.
inline constexpr std::size_t kDepthMax = 100;
// A cJSON node takes 64 bytes of heap and up, more than thirty times the two bytes of `1,`. With
// this bound the nodes take about 5 MiB, with a key and a short string each under 10 MiB, however
// long the payload is.
inline constexpr std::size_t kValuesMax = 65'536;

// The number tokens of a payload in the order of the text. Views into it.
using NumberTokens = std::vector<std::string_view>;

// Firmware leaves these after an object, and `lenient` accepts them there: NUL, Ctrl-Z, other
// control characters and blanks, the rest of a buffer that wasn't cleared of them.
std::string_view without_filler(std::string_view payload);

// Whether a token is a NaN or an infinity. JSON has no number for either.
bool is_not_finite(std::string_view token);

// Looks for all that cJSON takes without a word, or takes too much room for, before it sees the
// bytes: NUL and its escape, invalid UTF-8, control characters, escapes that are none, numbers that
// JSON doesn't write so (`01`, `1.`), too many levels or values. What passes is not JSON yet:
// whether strings, numbers and brackets stand where they may is for the parser. Takes one walk over
// the text beside the UTF-8 validation, and no memory but that of `numbers`.
//
// With is_lenient what isn't UTF-8 passes, for who stores a part of it to check, and `NaN`, `inf`
// and `Infinity`, in any case and with or without a sign, are number tokens.
Rejection check_payload(std::string_view payload, bool is_lenient, NumberTokens* numbers);

}  // namespace mongo_store::message
