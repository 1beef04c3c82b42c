// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/document_store.h"

#include <bson/bson.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

constexpr const char* kName = "mongogw.devices";

ByteBuffer from_json(const std::string& json) {
  bson_t document;
  if (!bson_init_from_json(&document, json.c_str(), -1, nullptr)) return {};
  const ByteView bytes = bytes_of(document);
  ByteBuffer copy(bytes.begin(), bytes.end());
  bson_destroy(&document);
  return copy;
}

InsertOutcome insert(DocumentStore& store, std::initializer_list<const char*> documents,
                     bool is_ordered = false) {
  std::vector<ByteBuffer> owned;
  for (const char* json : documents) owned.push_back(from_json(json));
  const std::vector<ByteView> views(owned.begin(), owned.end());
  return store.insert(kName, views, is_ordered);
}

Filter filter(const std::string& json) {
  const ByteBuffer bytes = from_json(json);
  const BsonView view(bytes);
  return Filter::parse(view.bson()).value();
}

// The numeric `_id`s that a query answers, by commas.
std::string ids(const DocumentStore& store, const Query& query) {
  std::string found;
  const std::vector<DocumentNumber> numbers = store.select(kName, query);
  store.read(kName, numbers, [&](ByteView document) {
    const BsonView view(document);
    found += text(found.empty() ? "" : ",", integer_field(view.bson(), "_id", -1));
    return true;
  });
  return found;
}

std::string ids(const DocumentStore& store, const std::string& json = "{}") {
  Query query;
  query.filter = filter(json);
  return ids(store, query);
}

IndexOptions unique_index(const char* name, const char* key) {
  return {name, from_json(key), true};
}

void documents_keep_their_order_of_insertion(void**) {
  DocumentStore store;
  insert(store, {R"({"_id": 3})", R"({"_id": 1})", R"({"_id": 2})"});
  assert_string_equal(ids(store).c_str(), "3,1,2");
  assert_int_equal(store.documents(), 3);
}

void an_unordered_insert_goes_on_behind_a_duplicate(void**) {
  DocumentStore store;
  const InsertOutcome outcome =
      insert(store, {R"({"_id": 1})", R"({"_id": 1.0})", R"({"_id": 2})"});
  assert_int_equal(outcome.inserted, 2);
  assert_int_equal(outcome.refused.size(), 1);
  assert_int_equal(outcome.refused[0].index, 1);
  assert_string_equal(outcome.refused[0].duplicate.index_name.c_str(), "_id_");
  assert_true(outcome.refused[0].duplicate.key_value == from_json(R"({"_id": 1.0})"));
  assert_string_equal(ids(store).c_str(), "1,2");
}

void an_ordered_insert_stops_at_a_duplicate(void**) {
  DocumentStore store;
  const InsertOutcome outcome =
      insert(store, {R"({"_id": 1})", R"({"_id": 1})", R"({"_id": 2})"}, true);
  assert_int_equal(outcome.inserted, 1);
  assert_string_equal(ids(store).c_str(), "1");
}

void a_document_without_identifier_gets_one_in_front(void**) {
  DocumentStore store;
  insert(store, {R"({"a": 1})", R"({"a": 2})"});
  std::string first_key;
  store.read(kName, store.select(kName, {}), [&](ByteView document) {
    const BsonView view(document);
    bson_iter_t iter;
    if (bson_iter_init(&iter, &view.bson()) && bson_iter_next(&iter))
      first_key = bson_iter_key(&iter);
    return true;
  });
  assert_string_equal(first_key.c_str(), "_id");
  assert_int_equal(store.documents(), 2);
}

void a_unique_index_refuses_and_stores_nothing(void**) {
  DocumentStore store;
  assert_true(store.create_index(kName, unique_index("serial_1", R"({"serial": 1})")).is_ok());
  insert(store, {R"({"_id": 1, "serial": "x"})"});
  const InsertOutcome outcome = insert(store, {R"({"_id": 2, "serial": "x"})"});
  assert_int_equal(outcome.inserted, 0);
  assert_string_equal(outcome.refused[0].duplicate.index_name.c_str(), "serial_1");
  assert_string_equal(outcome.refused[0].duplicate.field.c_str(), "serial");
  assert_int_equal(insert(store, {R"({"_id": 2, "serial": "y"})"}).inserted, 1);
}

void a_unique_index_over_what_breaks_it_is_refused(void**) {
  DocumentStore store;
  insert(store, {R"({"_id": 1, "a": 1})", R"({"_id": 2, "a": 1})"});
  const Status status = store.create_index(kName, unique_index("a_1", R"({"a": 1})"));
  assert_true(status.code() == StatusCode::kReject);
  const Status several = store.create_index(kName, unique_index("ab", R"({"a": 1, "b": 1})"));
  assert_true(several.code() == StatusCode::kRefuse);
  assert_int_equal(store.indexes(kName).size(), 1);
}

void what_was_removed_can_come_again(void**) {
  DocumentStore store;
  insert(store, {R"({"_id": 1})", R"({"_id": 2})", R"({"_id": 3})"});
  const std::vector<DocumentNumber> before = store.select(kName, {});
  assert_int_equal(store.remove(kName, filter(R"({"_id": {"$lt": 3}})"), 1), 1);
  assert_string_equal(ids(store).c_str(), "2,3");
  std::size_t seen = 0;
  assert_int_equal(store.read(kName, before, [&](ByteView) { return ++seen > 0; }), 3);
  assert_int_equal(seen, 2);
  assert_int_equal(insert(store, {R"({"_id": 1})"}).inserted, 1);
  assert_string_equal(ids(store).c_str(), "2,3,1");
}

void numbers_of_a_dropped_collection_read_as_nothing(void**) {
  DocumentStore store;
  insert(store, {R"({"_id": 1})", R"({"_id": 2})"});
  const std::vector<DocumentNumber> before = store.select(kName, {});
  assert_true(store.drop(kName));
  assert_false(store.drop(kName));
  insert(store, {R"({"_id": 7})"});
  std::size_t seen = 0;
  store.read(kName, before, [&](ByteView) { return ++seen > 0; });
  assert_int_equal(seen, 1);
}

void filters_choose_by_identifier_equality_and_range(void**) {
  DocumentStore store;
  insert(store, {R"({"_id": 1, "a": {"b": 5}, "s": "x"})", R"({"_id": 2, "s": "y"})",
                 R"({"_id": 3, "s": null})"});
  assert_string_equal(ids(store, R"({"_id": {"$in": [3, 9, 1.0]}})").c_str(), "1,3");
  assert_string_equal(ids(store, R"({"_id": {"$in": [3, 1]}, "s": "x"})").c_str(), "1");
  assert_string_equal(ids(store, R"({"a.b": 5})").c_str(), "1");
  assert_string_equal(ids(store, R"({"a": {"b": 5}})").c_str(), "1");
  assert_string_equal(ids(store, R"({"s": null})").c_str(), "3");
  assert_string_equal(ids(store, R"({"s": {"$gte": "x"}})").c_str(), "1,2");
  assert_string_equal(ids(store, R"({"s": {"$gt": 0}})").c_str(), "");
  assert_string_equal(ids(store, R"({"a": {"$exists": true}})").c_str(), "1");
  assert_int_equal(store.count(kName, filter(R"({"_id": {"$lte": 2}})")), 2);
}

void an_unknown_operator_is_refused(void**) {
  for (const char* json :
       {R"({"a": {"$near": 1}})", R"({"$where": "1"})", R"({"a": {"$in": 1}})"}) {
    const ByteBuffer bytes = from_json(json);
    const BsonView view(bytes);
    assert_true(Filter::parse(view.bson()).code() == StatusCode::kReject);
  }
}

void sorts_skips_and_limits_are_applied_in_this_order(void**) {
  DocumentStore store;
  insert(store, {R"({"_id": 1, "a": 2})", R"({"_id": 2, "a": 1})", R"({"_id": 3, "a": 2})",
                 R"({"_id": 4})"});
  Query query;
  query.sort = {{"a", true}};
  assert_string_equal(ids(store, query).c_str(), "1,3,2,4");
  query.sort = {{"a", false}, {"_id", true}};
  assert_string_equal(ids(store, query).c_str(), "4,2,3,1");
  query.sort = {{"$natural", true}};
  query.skip = 1;
  query.limit = 2;
  assert_string_equal(ids(store, query).c_str(), "3,2");
  query.skip = 9;
  assert_string_equal(ids(store, query).c_str(), "");
}

void databases_and_collections_are_listed(void**) {
  DocumentStore store;
  for (const char* name : {"a.x", "a.y.z", "ab.x", "a-b.x"}) store.create(name);
  const std::vector<std::string> in_a = store.collections("a");
  assert_int_equal(in_a.size(), 2);
  assert_string_equal(in_a[1].c_str(), "y.z");
  assert_int_equal(store.databases().size(), 3);
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  const CMUnitTest tests[] = {
      cmocka_unit_test(documents_keep_their_order_of_insertion),
      cmocka_unit_test(an_unordered_insert_goes_on_behind_a_duplicate),
      cmocka_unit_test(an_ordered_insert_stops_at_a_duplicate),
      cmocka_unit_test(a_document_without_identifier_gets_one_in_front),
      cmocka_unit_test(a_unique_index_refuses_and_stores_nothing),
      cmocka_unit_test(a_unique_index_over_what_breaks_it_is_refused),
      cmocka_unit_test(what_was_removed_can_come_again),
      cmocka_unit_test(numbers_of_a_dropped_collection_read_as_nothing),
      cmocka_unit_test(filters_choose_by_identifier_equality_and_range),
      cmocka_unit_test(an_unknown_operator_is_refused),
      cmocka_unit_test(sorts_skips_and_limits_are_applied_in_this_order),
      cmocka_unit_test(databases_and_collections_are_listed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
