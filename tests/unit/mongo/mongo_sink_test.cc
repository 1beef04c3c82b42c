// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/mongo_sink.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "base/text.h"
#include "mongo/document_views.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/server.h"
#include "tests/unit/mongo/self_signed.h"

namespace mongo_store::mongo {
namespace {

using delivery::InsertOutcome;
using delivery::RefusalKind;
using delivery::SinkSession;
using delivery::Target;

constexpr Target kTarget{"mongogw", "devices"};
constexpr const char* kPasswordFile = "mongo_sink_test.password";
constexpr const char* kPemFile = "mongo_sink_test.pem";

// The objects that a test creates. Its teardown frees them, because a failed assertion skips
// destructors.
struct Fixture {
  std::unique_ptr<scripted::Server> server;
  std::unique_ptr<MongoSink> sink;
  std::unique_ptr<SinkSession> session;
};
Fixture* fixture = nullptr;

int set_up(void**) {
  fixture = new Fixture;
  return 0;
}

int tear_down(void**) {
  fixture->session.reset();
  fixture->sink.reset();
  delete fixture;
  (void)std::remove(kPasswordFile);
  (void)std::remove(kPemFile);
  return 0;
}

void start_server(scripted::ServerOptions options = {}) {
  auto server = scripted::Server::start(options);
  if (!server.is_ok()) print_error("%s\n", server.message().c_str());
  assert_true(server.is_ok());
  fixture->server = std::move(server).value();
}

ConnectionOptions options_for(std::string uri) {
  ConnectionOptions options;
  options.uri = std::move(uri);
  options.database = "mongogw";
  return options;
}

ConnectionOptions options_for_server() { return options_for(fixture->server->address()); }

void open(ConnectionOptions options) {
  auto sink = MongoSink::create(std::move(options));
  if (!sink.is_ok()) print_error("%s\n", sink.message().c_str());
  assert_true(sink.is_ok());
  fixture->sink = std::move(sink).value();
  fixture->session = fixture->sink->open_session();
}

ByteBuffer document(int id, const char* value) {
  OwnedBson bson;
  bson_append_int32(bson.get(), "_id", -1, id);
  bson_append_utf8(bson.get(), "v", -1, value, -1);
  const auto* bytes = reinterpret_cast<const std::byte*>(bson_get_data(bson.get()));
  return {bytes, bytes + bson.get()->len};
}

InsertOutcome insert_one(int id, SinkSession& session = *fixture->session) {
  const ByteBuffer one = document(id, "x");
  const ByteView documents[] = {one};
  return session.insert(kTarget, documents);
}

void assert_ok(const Status& status) {
  if (!status.is_ok()) print_error("%s\n", status.message().c_str());
  assert_true(status.is_ok());
}

void assert_stored(std::size_t count) {
  assert_int_equal(fixture->server->node().store.documents(), count);
}

scripted::ServerOptions with_account(std::vector<scripted::ScramMechanism> mechanisms) {
  scripted::ServerOptions options;
  options.node.account.user = "gateway";
  options.node.account.password = "se/cr@t";
  options.node.account.auth_database = "mongogw";
  options.node.account.role = "readWrite@mongogw";
  options.node.account.mechanisms = std::move(mechanisms);
  return options;
}

ConnectionOptions with_credentials(const char* password) {
  ConnectionOptions options = options_for_server();
  options.user = "gateway";
  options.password = password;
  return options;
}

void write_password(const char* password) { std::ofstream(kPasswordFile) << password << '\n'; }

std::uint16_t unused_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  assert_int_equal(bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  assert_int_equal(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
  close(listener);
  return ntohs(address.sin_port);
}

void documents_are_stored_under_majority_and_journal(void**) {
  start_server();
  open(options_for_server());
  const ByteBuffer a = document(1, "a");
  const ByteBuffer b = document(2, "b");
  const ByteView documents[] = {a, b};
  const InsertOutcome outcome = fixture->session->insert(kTarget, documents);
  assert_ok(outcome.status);
  assert_int_equal(outcome.refusals.size(), 0);
  assert_stored(2);
  const ByteBuffer concern = fixture->server->node().counters.last_write_concern();
  bson_t view;
  assert_true(bson_init_static(&view, reinterpret_cast<const std::uint8_t*>(concern.data()),
                               concern.size()));
  const BsonText json(bson_as_relaxed_extended_json(&view, nullptr));
  assert_string_equal(json.get(), R"({ "w" : "majority", "j" : true, "wtimeout" : 20000 })");
}

void duplicates_are_named_and_the_others_are_stored(void**) {
  start_server();
  open(options_for_server());
  assert_ok(insert_one(2).status);
  const ByteBuffer a = document(1, "a");
  const ByteBuffer b = document(2, "b");
  const ByteBuffer c = document(3, "c");
  const ByteView documents[] = {a, b, c};
  const InsertOutcome outcome = fixture->session->insert(kTarget, documents);
  assert_ok(outcome.status);
  assert_int_equal(outcome.refusals.size(), 1);
  assert_int_equal(outcome.refusals[0].index, 1);
  assert_true(outcome.refusals[0].kind == RefusalKind::kDuplicateKey);
  assert_true(outcome.refusals[0].is_on_id);
  assert_stored(3);
}

void an_oversize_document_is_at_fault_and_does_not_stop_its_batch(void**) {
  start_server();
  open(options_for_server());
  assert_ok(insert_one(2).status);
  const ByteBuffer too_large(kDocumentBytesMax + 1);
  const ByteBuffer a = document(1, "a");
  const ByteBuffer b = document(2, "b");
  const ByteView documents[] = {too_large, a, too_large, b};
  const InsertOutcome outcome = fixture->session->insert(kTarget, documents);
  assert_ok(outcome.status);
  assert_int_equal(outcome.refusals.size(), 3);
  assert_int_equal(outcome.refusals[0].index, 0);
  assert_true(outcome.refusals[0].kind == RefusalKind::kDocumentAtFault);
  assert_int_equal(outcome.refusals[0].code, 10334);
  assert_int_equal(outcome.refusals[1].index, 2);
  assert_int_equal(outcome.refusals[2].index, 3);
  assert_true(outcome.refusals[2].kind == RefusalKind::kDuplicateKey);
  assert_stored(2);
  const ByteView alone[] = {too_large};
  assert_int_equal(fixture->session->insert(kTarget, alone).refusals.size(), 1);
}

void stored_counterparts_are_found(void**) {
  start_server();
  open(options_for_server());
  const ByteBuffer stored = document(7, "stored");
  const ByteView documents[] = {stored};
  assert_ok(fixture->session->insert(kTarget, documents).status);
  const ByteBuffer mine = document(7, "mine");
  const ByteBuffer absent = document(8, "absent");
  const ByteView wanted[] = {absent, mine};
  const auto found = fixture->session->find_stored(kTarget, wanted);
  assert_ok(found.status());
  assert_int_equal(found.value().size(), 2);
  assert_true(found.value()[0].empty());
  assert_true(found.value()[1] == stored);
}

void configure(const char* json) {
  OwnedBson command;
  bson_error_t error = {};
  assert_true(bson_init_from_json(command.get(), json, -1, &error));
  assert_true(fixture->server->node().fail_points.configure(*command).is_ok());
}

constexpr const char* kNoMajorityReads =
    R"({"configureFailPoint": "failCommand", "mode": "alwaysOn",
        "data": {"failCommands": ["find"], "readConcern": "majority", "errorCode": 148}})";

// Like a server with enableMajorityReadConcern: false. Sending the same insert again confirms what
// its primary has.
void without_majority_reads_what_is_found_is_confirmed_by_the_same_insert(void**) {
  start_server();
  open(options_for_server());
  assert_ok(insert_one(7).status);
  configure(kNoMajorityReads);
  const ByteBuffer mine = document(7, "mine");
  const ByteBuffer absent = document(8, "absent");
  const ByteView wanted[] = {absent, mine};
  for (const std::uint64_t times : {1, 2}) {
    const auto found = fixture->session->find_stored(kTarget, wanted);
    assert_ok(found.status());
    assert_true(found.value()[0].empty());
    assert_true(found.value()[1] == document(7, "x"));
    assert_int_equal(fixture->server->node().counters.asked("insert"), 1 + times);
    // The first one finds out that there are no majority reads.
    assert_int_equal(fixture->server->node().counters.asked("find"), 1 + times);
  }
  assert_stored(1);
}

void without_majority_reads_nothing_unconfirmed_counts_as_stored(void**) {
  start_server();
  open(options_for_server());
  assert_ok(insert_one(7).status);
  configure(kNoMajorityReads);
  configure(R"({"configureFailPoint": "failCommandConcern", "mode": "alwaysOn",
                "data": {"failCommands": ["insert"],
                         "writeConcernError": {"code": 64, "errmsg": "waiting"}}})");
  const ByteBuffer mine = document(7, "mine");
  const ByteView wanted[] = {mine};
  assert_true(fixture->session->find_stored(kTarget, wanted).code() == StatusCode::kRetry);
  configure(R"({"configureFailPoint": "failCommandConcern", "mode": "off"})");
  assert_ok(fixture->session->find_stored(kTarget, wanted).status());
}

void an_overloaded_server_says_so_of_the_whole_command(void**) {
  start_server();
  open(options_for_server());
  configure(R"({"configureFailPoint": "failCommand", "mode": {"times": 1},
                "data": {"failCommands": ["insert"], "errorCode": 16500,
                         "errmsg": "RetryAfterMs=34"}})");
  const InsertOutcome outcome = insert_one(1);
  assert_true(outcome.status.code() == StatusCode::kRetry && outcome.is_throttled);
  assert_int_equal(outcome.retry_after_ms, 34);
}

void run_command(const char* json) {
  const ClientPtr client(
      mongoc_client_new(text("mongodb://", fixture->server->address(), "/").c_str()));
  OwnedBson command;
  bson_error_t error = {};
  assert_true(bson_init_from_json(command.get(), json, -1, &error));
  assert_true(mongoc_client_command_simple(client.get(), "mongogw", command.get(), nullptr, nullptr,
                                           &error));
}

void another_unique_index_is_known(void**) {
  using delivery::KeyProof;
  start_server();
  open(options_for_server());
  const auto proof = [] { return fixture->session->key_proof(kTarget); };
  assert_true(proof() == KeyProof::kNamedId);  // no collection, no index
  assert_ok(insert_one(1).status);
  assert_true(proof() == KeyProof::kAnyKey);
  run_command(R"({"createIndexes": "devices", "indexes": [{"key": {"v": 1}, "name": "v_1"}]})");
  assert_true(proof() == KeyProof::kAnyKey);
  run_command(R"({"createIndexes": "devices",
                  "indexes": [{"key": {"v": -1}, "name": "v_-1", "unique": true}]})");
  assert_true(proof() == KeyProof::kNamedId);
}

void a_user_who_may_insert_and_not_find_is_told_from_a_server_that_is_away(void**) {
  scripted::ServerOptions options = with_account({scripted::ScramMechanism::kSha256});
  options.node.account.role = "insert@mongogw";
  start_server(std::move(options));
  open(with_credentials("se/cr@t"));
  assert_ok(insert_one(1).status);
  const ByteBuffer one = document(1, "a");
  const ByteView wanted[] = {one};
  assert_true(fixture->session->find_stored(kTarget, wanted).code() == StatusCode::kRefuse);
}

void stores_as_user(scripted::ScramMechanism mechanism) {
  start_server(with_account({mechanism}));
  open(with_credentials("se/cr@t"));
  assert_ok(insert_one(1).status);
  assert_stored(1);
}

void a_scram_sha_1_user_is_authenticated(void**) {
  stores_as_user(scripted::ScramMechanism::kSha1);
}

void a_scram_sha_256_user_is_authenticated(void**) {
  stores_as_user(scripted::ScramMechanism::kSha256);
}

void a_wrong_password_is_refused_without_showing_it(void**) {
  start_server(with_account({scripted::ScramMechanism::kSha256}));
  open(with_credentials("WRONG-PASSWORD"));
  const Status status = insert_one(1).status;
  assert_true(status.code() == StatusCode::kRefuse);
  assert_non_null(strstr(status.message().c_str(), "mongo_auth_source"));
  assert_null(strstr(status.message().c_str(), "WRONG-PASSWORD"));
  const ByteBuffer one = document(1, "a");
  const ByteView wanted[] = {one};
  // The server didn't answer the question, so the rights don't matter.
  assert_true(fixture->session->find_stored(kTarget, wanted).code() == StatusCode::kRetry);
}

void a_missing_right_is_refused_with_advice(void**) {
  scripted::ServerOptions options = with_account({scripted::ScramMechanism::kSha256});
  options.node.account.role = "read@mongogw";
  start_server(std::move(options));
  open(with_credentials("se/cr@t"));
  const Status status = insert_one(1).status;
  assert_true(status.code() == StatusCode::kRefuse);
  assert_non_null(strstr(status.message().c_str(), "readWrite"));
}

// Each authentication costs both sides thousands of hashes.
void a_right_that_stays_missing_is_no_reason_to_authenticate_again_and_again(void**) {
  scripted::ServerOptions options = with_account({scripted::ScramMechanism::kSha256});
  options.node.account.role = "read@mongogw";
  start_server(std::move(options));
  open(with_credentials("se/cr@t"));
  for (int i = 0; i < 20; ++i) assert_true(insert_one(1).status.code() == StatusCode::kRefuse);
  assert_int_equal(fixture->server->node().counters.asked("saslStart"), 2);
}

void a_wrong_password_may_be_an_early_one_at_first_and_is_wrong_later(void**) {
  start_server(with_account({scripted::ScramMechanism::kSha256}));
  ConnectionOptions options = with_credentials("wrong");
  options.users_awaited_ms = 60'000;
  open(options);
  const Status early = insert_one(1).status;
  assert_true(early.code() == StatusCode::kRetry);
  assert_non_null(strstr(early.message().c_str(), "login not accepted yet"));
  options.users_awaited_ms = 1;
  fixture->session.reset();
  open(options);
  usleep(2000);
  const Status late = insert_one(1).status;
  assert_true(late.code() == StatusCode::kRefuse);
  assert_null(strstr(late.message().c_str(), "login not accepted yet"));
}

void a_changed_password_file_is_taken_over_by_all_sessions(void**) {
  start_server(with_account({scripted::ScramMechanism::kSha256}));
  write_password("se/cr@t");
  ConnectionOptions options = with_credentials("");
  options.password_file = kPasswordFile;
  open(std::move(options));
  assert_ok(insert_one(1).status);

  fixture->server->node().account.set_password("changed");
  const auto second = fixture->sink->open_session();
  assert_true(insert_one(2, *second).status.code() == StatusCode::kRefuse);
  write_password("changed");
  assert_true(insert_one(2, *second).status.code() == StatusCode::kRetry);
  assert_ok(insert_one(2, *second).status);
  assert_ok(insert_one(3).status);
  assert_stored(3);
}

void a_password_file_that_vanished_is_told(void**) {
  start_server(with_account({scripted::ScramMechanism::kSha256}));
  write_password("old");
  ConnectionOptions options = with_credentials("");
  options.password_file = kPasswordFile;
  open(options);
  assert_int_equal(std::remove(kPasswordFile), 0);
  const Status status = insert_one(1).status;
  assert_true(status.code() == StatusCode::kRefuse);
  assert_non_null(strstr(status.message().c_str(), kPasswordFile));
  assert_true(MongoSink::create(options).code() == StatusCode::kRefuse);
}

void a_dead_host_among_several_does_no_harm(void**) {
  scripted::ServerOptions options;
  options.node.replica_set = "rs0";
  start_server(std::move(options));
  open(options_for(text("mongodb://127.0.0.1:", unused_port(), ",", fixture->server->address(),
                        "/?replicaSet=rs0")));
  assert_ok(insert_one(1).status);
  assert_stored(1);
}

void a_server_that_is_away_is_retried_and_named(void**) {
  const std::uint16_t port = unused_port();
  open(options_for(text("mongodb://127.0.0.1:", port, "/?serverSelectionTimeoutMS=300")));
  const Status status = insert_one(1).status;
  assert_true(status.code() == StatusCode::kRetry);
  assert_non_null(strstr(status.message().c_str(), text("127.0.0.1:", port).c_str()));
  scripted::ServerOptions options;
  options.port = port;
  start_server(std::move(options));
  Status late = insert_one(1).status;
  for (int i = 0; i < 50 && !late.is_ok(); ++i) late = insert_one(1).status;
  assert_ok(late);
}

void another_replica_set_is_not_taken(void**) {
  scripted::ServerOptions options;
  options.node.replica_set = "rs0";
  start_server(std::move(options));
  open(options_for(text("mongodb://", fixture->server->address(),
                        "/?replicaSet=other&serverSelectionTimeoutMS=300")));
  assert_true(insert_one(1).status.code() == StatusCode::kRetry);
  assert_stored(0);
}

void tls_with_a_certificate_on_both_sides(void**) {
  assert_true(write_self_signed(kPemFile));
  scripted::ServerOptions options;
  options.tls_certificate_key_file = kPemFile;
  options.tls_ca_file = kPemFile;
  start_server(std::move(options));
  ConnectionOptions with_tls = options_for_server();
  with_tls.tls_ca_file = kPemFile;
  with_tls.tls_certificate_key_file = kPemFile;
  open(with_tls);
  assert_ok(insert_one(1).status);
  assert_stored(1);
}

void a_server_whose_certificate_is_unknown_gets_nothing(void**) {
  assert_true(write_self_signed(kPemFile));
  scripted::ServerOptions options;
  options.tls_certificate_key_file = kPemFile;
  start_server(std::move(options));
  open(options_for(
      text("mongodb://", fixture->server->address(), "/?tls=true&serverSelectionTimeoutMS=300")));
  assert_true(insert_one(1).status.code() == StatusCode::kRetry);
  assert_stored(0);
}

void a_closed_sink_waits_for_its_sessions(void**) {
  start_server();
  open(options_for_server());
  assert_ok(insert_one(1).status);
  assert_false(fixture->sink->close());
  assert_true(insert_one(2).status.code() == StatusCode::kRetry);
  assert_true(fixture->sink->close());
  assert_stored(1);
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
#define SINK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const CMUnitTest tests[] = {
      SINK_TEST(documents_are_stored_under_majority_and_journal),
      SINK_TEST(duplicates_are_named_and_the_others_are_stored),
      SINK_TEST(an_oversize_document_is_at_fault_and_does_not_stop_its_batch),
      SINK_TEST(stored_counterparts_are_found),
      SINK_TEST(without_majority_reads_what_is_found_is_confirmed_by_the_same_insert),
      SINK_TEST(without_majority_reads_nothing_unconfirmed_counts_as_stored),
      SINK_TEST(an_overloaded_server_says_so_of_the_whole_command),
      SINK_TEST(another_unique_index_is_known),
      SINK_TEST(a_user_who_may_insert_and_not_find_is_told_from_a_server_that_is_away),
      SINK_TEST(a_scram_sha_1_user_is_authenticated),
      SINK_TEST(a_scram_sha_256_user_is_authenticated),
      SINK_TEST(a_wrong_password_is_refused_without_showing_it),
      SINK_TEST(a_missing_right_is_refused_with_advice),
      SINK_TEST(a_right_that_stays_missing_is_no_reason_to_authenticate_again_and_again),
      SINK_TEST(a_wrong_password_may_be_an_early_one_at_first_and_is_wrong_later),
      SINK_TEST(a_changed_password_file_is_taken_over_by_all_sessions),
      SINK_TEST(a_password_file_that_vanished_is_told),
      SINK_TEST(a_dead_host_among_several_does_no_harm),
      SINK_TEST(a_server_that_is_away_is_retried_and_named),
      SINK_TEST(another_replica_set_is_not_taken),
      SINK_TEST(tls_with_a_certificate_on_both_sides),
      SINK_TEST(a_server_whose_certificate_is_unknown_gets_nothing),
      SINK_TEST(a_closed_sink_waits_for_its_sessions),
  };
#undef SINK_TEST
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
