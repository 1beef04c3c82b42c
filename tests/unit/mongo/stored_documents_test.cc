// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/stored_documents.h"

#include <string>
#include <string_view>

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

ByteBuffer bson_of(const char* json) {
  bson_error_t error = {};
  OwnedBson document;
  const bool is_parsed = bson_init_from_json(document.get(), json, -1, &error);
  if (!is_parsed) print_error("%s\n", error.message);
  assert_true(is_parsed);
  const auto* data = reinterpret_cast<const std::byte*>(bson_get_data(document.get()));
  return {data, data + document.get()->len};
}

void add(StoredDocuments& stored, const ByteBuffer& found) {
  bson_t view;
  assert_true(
      bson_init_static(&view, reinterpret_cast<const std::uint8_t*>(found.data()), found.size()));
  stored.add(view);
}

void counterparts_come_in_the_order_asked_for_whatever_order_they_are_found_in(void**) {
  const ByteBuffer a = bson_of(R"({"_id": 1, "v": "mine"})");
  const ByteBuffer b = bson_of(R"({"_id": {"$oid": "65f000000000000000000001"}})");
  const ByteBuffer absent = bson_of(R"({"_id": "absent"})");
  const ByteBuffer their_a = bson_of(R"({"_id": 1, "v": "theirs"})");
  const ByteView wanted[] = {absent, a, b, a};
  StoredDocuments stored(wanted);
  add(stored, b);
  add(stored, bson_of(R"({"_id": "another"})"));
  add(stored, their_a);
  const std::vector<ByteBuffer> found = stored.found();
  assert_int_equal(found.size(), 4);
  assert_true(found[0].empty());
  assert_true(found[1] == their_a);
  assert_true(found[2] == b);
  assert_true(found[3] == their_a);
}

void the_filter_asks_for_each_id_once(void**) {
  const ByteBuffer a = bson_of(R"({"_id": 1})");
  const ByteBuffer without_id = bson_of(R"({"v": 1})");
  const ByteBuffer b = bson_of(R"({"_id": 2})");
  const ByteView wanted[] = {a, without_id, b, a, as_bytes("no")};
  OwnedBson filter;
  StoredDocuments(wanted).append_filter(filter.get());
  const BsonText json(bson_as_relaxed_extended_json(filter.get(), nullptr));
  assert_string_equal(json.get(), R"({ "_id" : { "$in" : [ 1, 2 ] } })");
}

void one_id_is_asked_for_by_equality(void**) {
  const ByteBuffer a = bson_of(R"({"_id": 1})");
  const ByteView wanted[] = {a, a};
  OwnedBson filter;
  StoredDocuments(wanted).append_filter(filter.get());
  const BsonText json(bson_as_relaxed_extended_json(filter.get(), nullptr));
  assert_string_equal(json.get(), R"({ "_id" : 1 })");
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(counterparts_come_in_the_order_asked_for_whatever_order_they_are_found_in),
      cmocka_unit_test(the_filter_asks_for_each_id_once),
      cmocka_unit_test(one_id_is_asked_for_by_equality),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
