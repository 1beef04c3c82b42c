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

// The functions of libmosquitto that read user properties. 2.1 shows them in place
// (mosquitto/libcommon_properties.h). 2.0 (mosquitto.h) returns copies that must be freed.
struct PropertyFunctions {
  // Null on 2.0.
  const char* (*string_name)(const mosquitto_property*) = nullptr;
  std::uint16_t (*string_name_length)(const mosquitto_property*) = nullptr;
  const char* (*string_value)(const mosquitto_property*) = nullptr;
  std::uint16_t (*string_value_length)(const mosquitto_property*) = nullptr;
  const mosquitto_property* (*next)(const mosquitto_property*) = nullptr;
  // Null if the others are set.
  const mosquitto_property* (*read_string_pair)(const mosquitto_property*, int, char**, char**,
                                                bool) = nullptr;

  // Brokers of 2.0 don't export these functions. They come from libmosquitto.so.1, which has the
  // same version in the broker's package. kRefuse if that library is missing or isn't the broker's.
  static Result<PropertyFunctions> load();
};

// Finds the user property with a given name. The broker's thread.
class UserProperty {
 public:
  UserProperty(PropertyFunctions functions, std::string name)
      : functions_(functions), name_(std::move(name)) {}

  // The value of the first property with the name, or empty. A view of the message's property, or
  // of `buffer` with as much of the value as fits. 2.1 needs no allocation. 2.0's libmosquitto
  // allocates a copy of each name up to it and of the value, which are freed again.
  std::string_view find(const mosquitto_property* properties, std::span<char> buffer) const;

 private:
  std::string_view find_in_place(const mosquitto_property* property) const;
  std::string_view find_copied(const mosquitto_property* property, std::span<char> buffer) const;

  PropertyFunctions functions_;
  std::string name_;
};

}  // namespace mongo_store::broker
