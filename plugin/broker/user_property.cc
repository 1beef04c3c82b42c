// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/user_property.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/text.h"

namespace mongo_store::broker {
namespace {

constexpr const char* kLibrary = "libmosquitto.so.1";

struct Free {
  void operator()(char* copy) const { std::free(copy); }
};
using Copy = std::unique_ptr<char, Free>;

template <typename Function>
void look_up(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
}

Status refused(std::string_view why) {
  return Status::refuse(text("message_id property: requires ", kLibrary,
                             " (Debian's libmosquitto1) of the broker's version, ", why));
}

}  // namespace

Result<PropertyFunctions> PropertyFunctions::load() {
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refused("which can't be loaded");
  PropertyFunctions functions;
  if (!is_broker_2_1()) {
    look_up(library, "mosquitto_property_read_string_pair", functions.read_string_pair);
    if (functions.read_string_pair == nullptr) return refused("which this isn't");
    return functions;
  }
  look_up(library, "mosquitto_property_string_name", functions.string_name);
  look_up(library, "mosquitto_property_string_name_length", functions.string_name_length);
  look_up(library, "mosquitto_property_string_value", functions.string_value);
  look_up(library, "mosquitto_property_string_value_length", functions.string_value_length);
  look_up(library, "mosquitto_property_next", functions.next);
  const bool is_whole = functions.string_name != nullptr &&
                        functions.string_name_length != nullptr &&
                        functions.string_value != nullptr &&
                        functions.string_value_length != nullptr && functions.next != nullptr;
  if (!is_whole) return refused("which this isn't");
  return functions;
}

std::string_view UserProperty::find(const mosquitto_property* properties,
                                    std::span<char> buffer) const {
  return functions_.read_string_pair == nullptr ? find_in_place(properties)
                                                : find_copied(properties, buffer);
}

// Only a user property has a name.
std::string_view UserProperty::find_in_place(const mosquitto_property* property) const {
  for (; property != nullptr; property = functions_.next(property)) {
    const char* const name = functions_.string_name(property);
    if (name == nullptr || name_ != std::string_view(name, functions_.string_name_length(property)))
      continue;
    const char* const value = functions_.string_value(property);
    return value == nullptr ? std::string_view()
                            : std::string_view(value, functions_.string_value_length(property));
  }
  return {};
}

std::string_view UserProperty::find_copied(const mosquitto_property* property,
                                           std::span<char> buffer) const {
  bool is_first = true;
  for (;; is_first = false) {
    char* name = nullptr;
    property = functions_.read_string_pair(property, MQTT_PROP_USER_PROPERTY, &name, nullptr,
                                           /*skip_first=*/!is_first);
    const Copy name_copy(name);
    if (property == nullptr) return {};
    if (name != nullptr && name_ == name) break;
  }
  char* value = nullptr;
  (void)functions_.read_string_pair(property, MQTT_PROP_USER_PROPERTY, nullptr, &value, false);
  const Copy value_copy(value);
  if (value == nullptr) return {};
  const std::size_t bytes = std::min(std::strlen(value), buffer.size());
  std::copy_n(value, bytes, buffer.begin());
  return {buffer.data(), bytes};
}

}  // namespace mongo_store::broker
