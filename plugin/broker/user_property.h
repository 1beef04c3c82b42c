// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "broker/mosquitto_api.h"

namespace mongo_store::broker {

// What libmosquitto has to read user properties with. 2.1 shows them in place
// (mosquitto/libcommon_properties.h); 2.0 (mosquitto.h) only gives copies, for free().
struct PropertyFunctions {
  // Null on 2.0.
  const char* (*string_name)(const mosquitto_property*) = nullptr;
  std::uint16_t (*string_name_length)(const mosquitto_property*) = nullptr;
  const char* (*string_value)(const mosquitto_property*) = nullptr;
  std::uint16_t (*string_value_length)(const mosquitto_property*) = nullptr;
  const mosquitto_property* (*next)(const mosquitto_property*) = nullptr;
  // Null where the others are there.
  const mosquitto_property* (*read_string_pair)(const mosquitto_property*, int, char**, char**,
                                                bool) = nullptr;

  // Brokers of 2.0 don't export these functions, so they come from libmosquitto.so.1, of which the
  // broker's package has the same version. kRefuse where it isn't there, or isn't the broker's.
  static Result<PropertyFunctions> load();
};

// Finds the user property with one name in messages. The broker's thread.
class UserProperty {
 public:
  UserProperty(PropertyFunctions functions, std::string name)
      : functions_(functions), name_(std::move(name)) {}

  // The value of the first one; empty where there is none. A view of the message's property, or of
  // `buffer` with as much of it as fits. On 2.1 no allocation; on 2.0 libmosquitto's copy of each
  // name before it, and of the value, which are freed again.
  std::string_view find(const mosquitto_property* properties, std::span<char> buffer) const;

 private:
  std::string_view find_in_place(const mosquitto_property* property) const;
  std::string_view find_copied(const mosquitto_property* property, std::span<char> buffer) const;

  PropertyFunctions functions_;
  std::string name_;
};

}  // namespace mongo_store::broker
