// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/message_id.h"

#include <string>
#include <string_view>

#include "tests/unit/message/workbench.h"

namespace mongo_store::message {
namespace {

void set_message_id_source(Workbench& bench, MessageIdSource source, const char* name) {
  bench.context.routes[0].message_id_source = source;
  bench.context.routes[0].message_id_name = name;
}

std::string id_of(const Workbench& bench) {
  bson_iter_t at;
  char hex[25] = "none";
  if (bson_iter_init_find(&at, &bench.document, "_id")) bson_oid_to_string(bson_iter_oid(&at), hex);
  return hex;
}

std::string id_of_payload(Workbench& bench, std::string_view id_json) {
  const std::string payload =
      std::string(R"({"uuid":"d1","value":1,"seq":)").append(id_json).append("}");
  const RejectionCode code = bench.build(payload);
  return code == RejectionCode::kNone ? id_of(bench) : std::string(rejection_code_name(code));
}

// The expected ids were computed with another program's SHA-256, from the bytes that
// docs/journal-format.md lists.
void the_id_matches_the_format_document(void**) {
  Publish publish;
  publish.client_id = "client-1";
  assert_string_equal(message_document_id(publish, "d1", "17").hex().c_str(),
                      "06376a7a8ecf8c60c4c402e0");
  publish.has_username = true;
  publish.username = "ann";
  assert_string_equal(message_document_id(publish, "d1", "17").hex().c_str(),
                      "6f12af666f36dc4204d93956");
  assert_string_equal(message_document_id(publish, "7", "a7").hex().c_str(),
                      "d364b095c858a5fffefccaf0");
}

void a_user_has_the_same_ids_under_any_client_id(void**) {
  Publish ann;
  ann.has_username = true;
  ann.username = "ann";
  Publish ann_again = ann;
  ann_again.client_id = "another";
  Publish bob = ann;
  bob.username = "bob";
  Publish nobody;
  nobody.client_id = "ann";
  const ObjectId id = message_document_id(ann, "d1", "17");
  assert_true(message_document_id(ann_again, "d1", "17") == id);
  assert_false(message_document_id(bob, "d1", "17") == id);
  assert_false(message_document_id(nobody, "d1", "17") == id);
  assert_false(message_document_id(ann, "d2", "17") == id);
  assert_false(message_document_id(ann, "d1", "18") == id);
}

void the_split_between_the_parts_matters(void**) {
  Publish publish;
  publish.client_id = "ab";
  Publish shorter;
  shorter.client_id = "a";
  const ObjectId id = message_document_id(publish, "cd", "ef");
  assert_false(message_document_id(publish, "c", "def") == id);
  assert_false(message_document_id(publish, "cde", "f") == id);
  assert_false(message_document_id(shorter, "bcd", "ef") == id);
  assert_false(message_document_id(publish, "", "cdef") == id);
}

void a_payload_has_the_id_as_a_string_or_a_whole_number(void** state) {
  Workbench& bench = workbench(state);
  set_message_id_source(bench, MessageIdSource::kPayload, "seq");
  assert_string_equal(id_of_payload(bench, "\"17\"").c_str(), "06376a7a8ecf8c60c4c402e0");
  assert_string_equal(id_of_payload(bench, "17").c_str(), "06376a7a8ecf8c60c4c402e0");
  assert_string_not_equal(id_of_payload(bench, "18").c_str(), "06376a7a8ecf8c60c4c402e0");
  // No double has this many digits.
  assert_string_not_equal(id_of_payload(bench, "9007199254740993").c_str(),
                          id_of_payload(bench, "9007199254740992").c_str());
  assert_string_equal(id_of_payload(bench, "123456789012345678901234567890").c_str(),
                      id_of_payload(bench, "\"123456789012345678901234567890\"").c_str());
  assert_true(bench.is_valid());
}

void an_unusable_id_is_refused(void** state) {
  Workbench& bench = workbench(state);
  set_message_id_source(bench, MessageIdSource::kPayload, "seq");
  for (const char* id : {"1.5", "1e3", "1E3", "true", "null", "[1]", "{\"seq\":1}"}) {
    assert_string_equal(id_of_payload(bench, id).c_str(), "message_id_unusable");
  }
  const std::string most(kMessageIdBytesMax, 'i');
  assert_int_equal(id_of_payload(bench, "\"" + most + "\"").size(), 24);
  assert_string_equal(id_of_payload(bench, "\"" + most + "i\"").c_str(), "message_id_too_long");
  assert_string_equal(id_of_payload(bench, std::string(kMessageIdBytesMax + 1, '1')).c_str(),
                      "message_id_too_long");
}

void without_an_id_the_arrival_id_is_used(void** state) {
  Workbench& bench = workbench(state);
  const std::string arrival(bench.publish.id.hex());
  bench.publish.message_id = "17";  // from a user property, which isn't configured
  assert_string_equal(id_of_payload(bench, "17").c_str(), arrival.c_str());
  set_message_id_source(bench, MessageIdSource::kPayload, "seq");
  assert_string_equal(id_of_payload(bench, "\"\"").c_str(), arrival.c_str());
  assert_code(bench.build(R"({"uuid":"d1","value":{"seq":1}})"), RejectionCode::kNone);
  assert_string_equal(id_of(bench).c_str(), arrival.c_str());
  set_message_id_source(bench, MessageIdSource::kProperty, "seq");
  bench.publish.message_id = {};
  assert_string_equal(id_of_payload(bench, "17").c_str(), arrival.c_str());
}

void a_property_id_comes_from_the_record(void** state) {
  Workbench& bench = workbench(state);
  set_message_id_source(bench, MessageIdSource::kProperty, "seq");
  bench.publish.message_id = "17";
  assert_string_equal(id_of_payload(bench, "99").c_str(), "06376a7a8ecf8c60c4c402e0");
  bench.publish.is_message_id_cut = true;
  assert_string_equal(id_of_payload(bench, "99").c_str(), "message_id_too_long");
}

void a_dead_letter_keeps_the_arrival_id(void** state) {
  Workbench& bench = workbench(state);
  set_message_id_source(bench, MessageIdSource::kPayload, "seq");
  bench.set_payload(R"({"uuid":"d1","value":1,"seq":17})");
  (void)bench.dead_letter({RejectionCode::kIdConflict, "because"});
  assert_string_equal(id_of(bench).c_str(), bench.publish.id.hex().c_str());
}

}  // namespace
}  // namespace mongo_store::message

int main() {
  using namespace mongo_store::message;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_id_matches_the_format_document),
      cmocka_unit_test(a_user_has_the_same_ids_under_any_client_id),
      cmocka_unit_test(the_split_between_the_parts_matters),
      WORKBENCH_TEST(a_payload_has_the_id_as_a_string_or_a_whole_number),
      WORKBENCH_TEST(an_unusable_id_is_refused),
      WORKBENCH_TEST(without_an_id_the_arrival_id_is_used),
      WORKBENCH_TEST(a_property_id_comes_from_the_record),
      WORKBENCH_TEST(a_dead_letter_keeps_the_arrival_id),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
