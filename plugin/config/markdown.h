// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

namespace mongo_store::config {

// docs/configuration.md, generated from the option table.
std::string markdown();

// The same text as the Markdown source of a manual page: adds the page's first and last sections,
// raises headings one level and omits the overview.
std::string manual();

}  // namespace mongo_store::config
