// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "broker/mosquitto_api.h"

// The broker's data about a client; opaque in its headers.
struct mosquitto {
  const char* id = nullptr;
  const char* username = nullptr;
  int protocol_version = 4;
  const char* address = "192.0.2.1";  // null: a bridge
};

namespace mongo_store::test {

// Replaces the broker's functions, and records their calls. For the test's thread only, because the
// real functions are for the broker's thread only.
struct FakeMosquitto {
  struct LogLine {
    int level = 0;
    std::string text;
  };
  struct Published {
    std::string topic;
    std::string payload;
    int qos = 0;
    bool is_retain = false;
    bool is_to_all = false;
  };
  struct Callback {
    int event = 0;
    MOSQ_FUNC_generic_callback function = nullptr;
    void* user_data = nullptr;
  };

  std::vector<LogLine> log;
  std::vector<Published> published;
  std::vector<Callback> callbacks;  // registered now
  int refused_event = -1;           // a registration that the broker refuses

  std::size_t count_log(std::string_view part) const;
};

// The instance that the functions use.
FakeMosquitto& fake_mosquitto();

}  // namespace mongo_store::test
