// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// For LD_PRELOAD: a JSON parser in which certain payloads end the process, like a bug in the parser
// or the out-of-memory killer.
#include <cjson/cJSON.h>
#include <dlfcn.h>
#include <signal.h>

#include <cstdlib>
#include <cstring>

extern "C" __attribute__((visibility("default"))) cJSON* cJSON_ParseWithLengthOpts(
    const char* value, size_t length, const char** end, cJSON_bool terminated) {
  if (std::strstr(value, "parser-fault-abort") != nullptr) std::abort();
  if (std::strstr(value, "parser-fault-kill") != nullptr) raise(SIGKILL);
  using Parse = cJSON* (*)(const char*, size_t, const char**, cJSON_bool);
  static const auto parse = reinterpret_cast<Parse>(dlsym(RTLD_NEXT, "cJSON_ParseWithLengthOpts"));
  return parse(value, length, end, terminated);
}
