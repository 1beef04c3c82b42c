// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cjson/cJSON.h>

#include <memory>

namespace mongo_store::message {

struct CJsonDeleter {
  void operator()(cJSON* tree) const { cJSON_Delete(tree); }
  void operator()(char* printed) const { cJSON_free(printed); }
};

using CJsonPtr = std::unique_ptr<cJSON, CJsonDeleter>;
using CJsonText = std::unique_ptr<char, CJsonDeleter>;  // from cJSON_Print() and its variants

}  // namespace mongo_store::message
