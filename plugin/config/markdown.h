// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>

namespace mongo_store::config {

// docs/configuration.md, of the option table.
std::string markdown();

// The same as a manual page's source, still Markdown: with the sections that such a page begins and
// ends with, headings one level up, and no overview.
std::string manual();

}  // namespace mongo_store::config
