// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/fail_points.h"

#include <mongoc/mongoc.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/server.h"

// Servers of the field refuse, delay and throttle; this is how libmongoc sees it.
namespace mongo_store::scripted {
namespace {

using Clock = std::chrono::steady_clock;

BsonDocument parsed(const char* json) {
  BsonDocument document;
  bson_error_t error{};
  bson_t* made = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(json), -1, &error);
  assert_non_null(made);
  bson_concat(document.get(), made);
  bson_destroy(made);
  return document;
}

struct ClientDeleter {
  void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
};

struct Fixture {
  std::unique_ptr<Server> server;
  std::unique_ptr<mongoc_client_t, ClientDeleter> client;
  BsonDocument reply;  // of the last command
  bson_error_t error{};
};

Fixture& fixture_of(void** state) { return *static_cast<Fixture*>(*state); }

void start(Fixture& fixture, NodeOptions node, std::string_view credentials) {
  ServerOptions options;
  options.node = std::move(node);
  Result<std::unique_ptr<Server>> server = Server::start(options);
  assert_true(server.is_ok());
  fixture.client.reset();
  fixture.server = std::move(server).value();
  const std::string uri = text("mongodb://", credentials, fixture.server->address(),
                               "/?serverSelectionTimeoutMS=10000&retryReads=false");
  fixture.client.reset(mongoc_client_new(uri.c_str()));
  mongoc_client_set_error_api(fixture.client.get(), 2);
}

int set_up(void** state) {
  auto* fixture = new Fixture;
  *state = fixture;
  start(*fixture, {}, "");
  return 0;
}

int tear_down(void** state) {
  auto* fixture = static_cast<Fixture*>(*state);
  fixture->client.reset();
  delete fixture;
  return 0;
}

void configure(Fixture& fixture, const char* json) {
  const Result<std::int64_t> count = fixture.server->node().fail_points.configure(*parsed(json));
  assert_true(count.is_ok());
}

// Its error code as a whole; 0: ok.
std::uint32_t run(Fixture& fixture, const char* json) {
  fixture.error = {};
  bson_t reply;
  const bool is_ok = mongoc_client_command_simple(
      fixture.client.get(), "mongogw", parsed(json).get(), nullptr, &reply, &fixture.error);
  bson_reinit(fixture.reply.get());
  bson_concat(fixture.reply.get(), &reply);
  bson_destroy(&reply);
  return is_ok ? 0 : fixture.error.code;
}

std::int64_t refused_documents(Fixture& fixture) {
  const BsonView errors(embedded_field(*fixture.reply, "writeErrors"));
  return bson_count_keys(&errors.bson());
}

std::int64_t first_refusal(Fixture& fixture, const char* field) {
  const BsonView errors(embedded_field(*fixture.reply, "writeErrors"));
  const BsonView first(embedded_field(errors.bson(), "0"));
  return integer_field(first.bson(), field, -1);
}

std::int64_t documents(Fixture& fixture) {
  return static_cast<std::int64_t>(fixture.server->node().store.documents());
}

constexpr const char* kThreeDocuments =
    R"({"insert": "devices", "ordered": false, "writeConcern": {"w": "majority"},
        "documents": [{"_id": 1, "value": 1}, {"_id": 2, "value": 666}, {"_id": 3, "value": 3}]})";
constexpr const char* kFindMajority =
    R"({"find": "devices", "readConcern": {"level": "majority"}, "filter": {"_id": 1}})";
constexpr const char* kFindLocal =
    R"({"find": "devices", "readConcern": {"level": "local"}, "filter": {"_id": 1}})";
constexpr const char* kFindPlain = R"({"find": "devices", "filter": {"_id": 1}})";
constexpr const char* kFindListed = R"({"find": "devices", "filter": {"_id": {"$in": [1, 2, 3]}}})";

void only_majority_reads_are_refused(void** state) {
  Fixture& fixture = fixture_of(state);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data":
      {"failCommands": ["find", "count"], "readConcern": "majority", "errorCode": 148}})");
  assert_int_equal(run(fixture, kThreeDocuments), 0);
  assert_int_equal(documents(fixture), 3);
  assert_int_equal(run(fixture, kFindMajority), 148);
  assert_int_equal(run(fixture, kFindLocal), 0);
  assert_int_equal(run(fixture, kFindPlain), 0);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": "off"})");
  assert_int_equal(run(fixture, kFindMajority), 0);
}

void a_throttle_refuses_the_rest_of_a_batch(void** state) {
  Fixture& fixture = fixture_of(state);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data":
      {"failCommands": ["insert"],
       "throttle": {"documentsPerSecond": 0, "retryAfterMs": 34}}})");
  assert_int_equal(run(fixture, kThreeDocuments), 0);
  assert_int_equal(refused_documents(fixture), 3);
  assert_int_equal(first_refusal(fixture, "code"), 16500);
  const BsonView errors(embedded_field(*fixture.reply, "writeErrors"));
  const BsonView first(embedded_field(errors.bson(), "0"));
  assert_true(text_field(first.bson(), "errmsg").find("RetryAfterMs=34") != std::string_view::npos);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data":
      {"failCommands": ["insert"], "throttle": {"documentsPerSecond": 2, "code": 429}}})");
  assert_int_equal(run(fixture, kThreeDocuments), 0);
  assert_int_equal(refused_documents(fixture), 1);
  assert_int_equal(first_refusal(fixture, "index"), 2);
  assert_int_equal(first_refusal(fixture, "code"), 429);
  assert_int_equal(documents(fixture), 2);
}

void a_command_fails_with_its_labels_and_words(void** state) {
  Fixture& fixture = fixture_of(state);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data":
      {"failCommands": ["insert"], "errorCode": 462, "errmsg": "too busy",
       "errorLabels": ["SystemOverloadedError", "RetryableWriteError"]}})");
  assert_int_equal(run(fixture, kThreeDocuments), 462);
  assert_string_equal(fixture.error.message, "too busy");
  assert_true(mongoc_error_has_label(fixture.reply.get(), "SystemOverloadedError"));
  assert_true(mongoc_error_has_label(fixture.reply.get(), "RetryableWriteError"));
  assert_int_equal(documents(fixture), 0);
  assert_int_equal(run(fixture, kThreeDocuments), 0);
}

void documents_of_one_value_are_refused(void** state) {
  Fixture& fixture = fixture_of(state);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data":
      {"failCommands": ["insert"], "documentsMatching": {"value": 666},
       "writeErrors": [{"code": 16766}]}})");
  for (int i = 0; i < 2; ++i) assert_int_equal(run(fixture, kThreeDocuments), 0);
  assert_int_equal(documents(fixture), 2);
  assert_int_equal(refused_documents(fixture), 3);  // two are there by now
  const BsonView errors(embedded_field(*fixture.reply, "writeErrors"));
  const BsonView second(embedded_field(errors.bson(), "1"));
  assert_int_equal(integer_field(second.bson(), "index", -1), 1);
  assert_int_equal(integer_field(second.bson(), "code", -1), 16766);
}

void a_role_may_insert_and_find_nothing(void** state) {
  Fixture& fixture = fixture_of(state);
  NodeOptions node;
  node.account.user = "mongogw";
  node.account.password = "s3cret";
  node.account.role = "insert@mongogw";
  start(fixture, node, "mongogw:s3cret@");
  assert_int_equal(run(fixture, kThreeDocuments), 0);
  assert_int_equal(documents(fixture), 3);
  assert_int_equal(run(fixture, kFindPlain), 13);
  assert_int_equal(run(fixture, R"({"count": "devices"})"), 13);
  assert_int_equal(
      run(fixture, R"({"delete": "devices", "deletes": [{"q": {"_id": 1}, "limit": 1}]})"), 13);
}

void only_lists_of_identifiers_are_slow(void** state) {
  Fixture& fixture = fixture_of(state);
  configure(fixture, R"({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data":
      {"failCommands": ["find"], "listedIds": true, "blockConnection": true,
       "blockTimeMSPerId": 50}})");
  assert_int_equal(run(fixture, kThreeDocuments), 0);
  assert_int_equal(run(fixture, kFindPlain), 0);
  const Clock::time_point start = Clock::now();
  assert_int_equal(run(fixture, kFindListed), 0);
  assert_true(Clock::now() - start >= std::chrono::milliseconds(150));
  const BsonDocument stats;
  fixture.server->node().fail_points.append_to(stats.get());
  assert_int_equal(integer_field(*stats, "failCommand", -1), 1);
}

void a_throttle_needs_its_rate(void** state) {
  FailPoints& points = fixture_of(state).server->node().fail_points;
  for (const char* throttle : {"{}", R"({"documentsPerSecond": -1})"}) {
    const std::string command =
        text(R"({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data":
             {"failCommands": ["insert"], "throttle": )",
             throttle, "}}");
    assert_false(points.configure(*parsed(command.c_str())).is_ok());
  }
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  mongoc_init();
  mongoc_log_set_handler(nullptr, nullptr);
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(only_majority_reads_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_throttle_refuses_the_rest_of_a_batch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_command_fails_with_its_labels_and_words, set_up, tear_down),
      cmocka_unit_test_setup_teardown(documents_of_one_value_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_role_may_insert_and_find_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(only_lists_of_identifiers_are_slow, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_throttle_needs_its_rate, set_up, tear_down),
  };
  const int failed = cmocka_run_group_tests(tests, nullptr, nullptr);
  mongoc_cleanup();
  return failed;
}
