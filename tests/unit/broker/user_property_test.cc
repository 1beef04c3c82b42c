// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/user_property.h"

#include <array>
#include <string>
#include <string_view>

#include "tests/support/allocation_count.h"
#include "tests/support/cmocka.h"

// Replaces 2.1's structure, whose content the functions below show. It is opaque in the headers.
namespace {
struct FakeProperty {
  const char* name = nullptr;  // null: no user property
  std::string_view value;
  const FakeProperty* next = nullptr;
};
const FakeProperty& fake(const mosquitto_property* property) {
  return *reinterpret_cast<const FakeProperty*>(property);
}
const mosquitto_property* as_property(const FakeProperty* property) {
  return reinterpret_cast<const mosquitto_property*>(property);
}
const char* fake_name(const mosquitto_property* property) { return fake(property).name; }
std::uint16_t fake_name_length(const mosquitto_property* property) {
  return static_cast<std::uint16_t>(std::string_view(fake(property).name).size());
}
const char* fake_value(const mosquitto_property* property) { return fake(property).value.data(); }
std::uint16_t fake_value_length(const mosquitto_property* property) {
  return static_cast<std::uint16_t>(fake(property).value.size());
}
const mosquitto_property* fake_next(const mosquitto_property* property) {
  return as_property(fake(property).next);
}
}  // namespace

namespace mongo_store::broker {
namespace {

using Buffer = std::array<char, 8>;

struct Properties {
  ~Properties() { mosquitto_property_free_all(&list); }
  void add(const char* name, const char* value) {
    mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY, name, value);
  }
  mosquitto_property* list = nullptr;
};

UserProperty of_libmosquitto(const char* name) { return {PropertyFunctions::load().value(), name}; }

UserProperty of_2_1(const char* name) {
  PropertyFunctions functions;
  functions.string_name = fake_name;
  functions.string_name_length = fake_name_length;
  functions.string_value = fake_value;
  functions.string_value_length = fake_value_length;
  functions.next = fake_next;
  return {functions, name};
}

void the_first_with_the_name_is_found_among_others(void**) {
  Properties properties;
  mosquitto_property_add_string(&properties.list, MQTT_PROP_CONTENT_TYPE, "id");
  properties.add("ID", "1");
  properties.add("id2", "2");
  properties.add("", "3");
  properties.add("id", "right");
  mosquitto_property_add_byte(&properties.list, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
  properties.add("id", "second");
  Buffer buffer{};
  assert_true(of_libmosquitto("id").find(properties.list, buffer) == "right");
  assert_true(of_libmosquitto("id2").find(properties.list, buffer) == "2");
  assert_true(of_libmosquitto("i").find(properties.list, buffer).empty());
}

void no_property_and_an_empty_one_are_empty(void**) {
  Buffer buffer{};
  assert_true(of_libmosquitto("id").find(nullptr, buffer).empty());
  Properties properties;
  mosquitto_property_add_string(&properties.list, MQTT_PROP_CONTENT_TYPE, "id");
  assert_true(of_libmosquitto("id").find(properties.list, buffer).empty());
  properties.add("id", "");
  assert_true(of_libmosquitto("id").find(properties.list, buffer).empty());
}

void of_a_long_value_comes_as_much_as_fits(void**) {
  Properties properties;
  properties.add("id", "123456789");
  std::array<char, 12> buffer{};
  assert_true(of_libmosquitto("id").find(properties.list, std::span(buffer).first(8)) ==
              "12345678");
  assert_int_equal(buffer[8], 0);
  assert_true(of_libmosquitto("id").find(properties.list, std::span(buffer).first(9)) ==
              "123456789");
}

void on_2_1_it_is_read_in_place(void**) {
  const FakeProperty second{"id", "second", nullptr};
  const FakeProperty right{"id", "longer than the buffer", &second};
  const FakeProperty no_user_property{nullptr, "id", &right};
  const FakeProperty first{"id2", "2", &no_user_property};
  const UserProperty id = of_2_1("id");
  const UserProperty none = of_2_1("none");
  Buffer buffer{};
  const unsigned long before = test::allocation_count();
  const std::string_view found = id.find(as_property(&first), buffer);
  const std::string_view not_found = none.find(as_property(&first), buffer);
  const unsigned long after = test::allocation_count();
  assert_true(found == "longer than the buffer");
  assert_true(found.data() == right.value.data());
  assert_true(not_found.empty());
  assert_true(id.find(nullptr, buffer).empty());
  assert_int_equal(after - before, 0);
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_first_with_the_name_is_found_among_others),
      cmocka_unit_test(no_property_and_an_empty_one_are_empty),
      cmocka_unit_test(of_a_long_value_comes_as_much_as_fits),
      cmocka_unit_test(on_2_1_it_is_read_in_place),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
