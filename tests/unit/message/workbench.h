// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "message/dead_letter.h"
#include "message/document_builder.h"
#include "tests/support/cmocka.h"

namespace mongo_store::message {

// Builds the documents of one test. It is part of the fixture: a failed assertion skips destructors
// and would leak a local one.
struct Workbench {
  Workbench() {
    context.gateway_id = "gateway-1";
    context.routes = {Route{.database = "mongogw",
                            .collection = "devices",
                            .dead_letter_collection = "devices_dead_letter",
                            .payload_bytes_max = 1 << 20}};
    publish.id.bytes.fill(std::byte{0xab});
    publish.arrival_ms = 1'700'000'000'123;
    publish.topic = "device/d1";
    publish.client_id = "client-1";
  }
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;
  ~Workbench() { bson_destroy(&document); }

  // Returns the code and sets `rejection`. On kNone, `document` is the document.
  RejectionCode build(std::string_view json) {
    set_payload(json);
    bson_reinit(&document);
    rejection = build_document(publish, context, &document);
    return rejection.code;
  }
  void set_payload(std::string_view json) {
    payload = json;
    publish.payload = as_bytes(payload);
    publish.payload_bytes_total = static_cast<std::uint32_t>(payload.size());
  }
  RejectionCode build_value(std::string_view value_json) {
    return build(std::string(R"({"uuid":"d1","value":)").append(value_json).append("}"));
  }
  // The document's `value` as canonical Extended JSON, which names each type. If there is no
  // document, the sentence of the rejection.
  const char* value_of(std::string_view value_json) {
    if (build_value(value_json) != RejectionCode::kNone) return rejection.sentence.c_str();
    bson_iter_t value;
    if (!bson_iter_init_find(&value, &document, "value")) return "no value";
    bson_t only = BSON_INITIALIZER;
    bson_append_iter(&only, "v", 1, &value);
    printed = printed_form(only);
    bson_destroy(&only);
    return printed.c_str();
  }
  const char* dead_letter(const Rejection& why) {
    bson_reinit(&document);
    build_dead_letter(publish, context, why, &document);
    printed = printed_form(document);
    return printed.c_str();
  }
  const char* document_json() {
    printed = printed_form(document);
    return printed.c_str();
  }
  bool is_valid() const { return bson_validate(&document, BSON_VALIDATE_UTF8, nullptr); }

  // libbson 1 writes two spaces into an empty array or object, and libbson 2 writes one.
  static std::string printed_form(const bson_t& of) {
    char* json = bson_as_canonical_extended_json(&of, nullptr);
    std::string copy(json == nullptr ? "not printable" : json);
    bson_free(json);
    for (auto at = copy.find("  "); at != std::string::npos; at = copy.find("  ")) {
      copy.erase(at, 1);
    }
    return copy;
  }

  DeliveryContext context;
  Publish publish;
  std::string payload;
  std::string printed;
  Rejection rejection;
  bson_t document = BSON_INITIALIZER;
};

inline int make_workbench(void** state) {
  *state = new Workbench;
  return 0;
}
inline int drop_workbench(void** state) {
  delete static_cast<Workbench*>(*state);
  return 0;
}
inline Workbench& workbench(void** state) { return *static_cast<Workbench*>(*state); }

// Compares the names of the codes: a failure then shows which code came.
inline void assert_code(RejectionCode is, RejectionCode expected) {
  assert_string_equal(rejection_code_name(is).data(), rejection_code_name(expected).data());
}

inline std::string repeated(std::string_view part, std::size_t times) {
  std::string all;
  all.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) all.append(part);
  return all;
}

#define WORKBENCH_TEST(name) cmocka_unit_test_setup_teardown(name, make_workbench, drop_workbench)

}  // namespace mongo_store::message
