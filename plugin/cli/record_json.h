// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "journal/inspection.h"

namespace mongo_store::cli {

// A record as one line of JSON. If the body can't be decoded, it contains the whole body and the
// reason.
std::string record_json(std::string_view journal, const journal::FoundRecord& record);

}  // namespace mongo_store::cli
