// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/server.h"

#include <mongoc/mongoc.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/bson_document.h"

// The server as libmongoc, the driver that the plugin is built on, sees it.
namespace mongo_store::scripted {
namespace {

struct PoolDeleter {
  void operator()(mongoc_client_pool_t* pool) const { mongoc_client_pool_destroy(pool); }
};

// One pooled client of one collection; lives in the fixture, so that a failed assertion leaks
// nothing.
class Driver {
 public:
  Driver(const std::string& address, std::string_view credentials, std::string_view parameters) {
    const std::string uri_text = text(
        "mongodb://", credentials, address,
        "/?serverSelectionTimeoutMS=10000&connectTimeoutMS=5000&socketTimeoutMS=20000", parameters);
    mongoc_uri_t* uri = mongoc_uri_new(uri_text.c_str());
    pool_.reset(mongoc_client_pool_new(uri));
    mongoc_uri_destroy(uri);
    mongoc_client_pool_set_error_api(pool_.get(), 2);
    client_ = mongoc_client_pool_pop(pool_.get());
    collection_ = mongoc_client_get_collection(client_, "mongogw", "devices");
  }
  ~Driver() {
    mongoc_collection_destroy(collection_);
    mongoc_client_pool_push(pool_.get(), client_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  mongoc_client_t* client() { return client_; }
  mongoc_collection_t* collection() { return collection_; }

 private:
  std::unique_ptr<mongoc_client_pool_t, PoolDeleter> pool_;
  mongoc_client_t* client_;
  mongoc_collection_t* collection_;
};

struct Fixture {
  std::unique_ptr<Server> server;
  std::unique_ptr<Driver> driver;
  BsonDocument reply;  // of the last insert
  bson_error_t error{};
};

int set_up(void** state) {
  *state = new Fixture;
  return 0;
}

int tear_down(void** state) {
  auto* fixture = static_cast<Fixture*>(*state);
  fixture->driver.reset();
  delete fixture;
  return 0;
}

Fixture& fixture_of(void** state) { return *static_cast<Fixture*>(*state); }

void start(Fixture& fixture, NodeOptions node) {
  ServerOptions options;
  options.node = std::move(node);
  Result<std::unique_ptr<Server>> server = Server::start(options);
  assert_true(server.is_ok());
  fixture.server = std::move(server).value();
}

void connect(Fixture& fixture, std::string_view credentials = "",
             std::string_view parameters = "") {
  fixture.driver = std::make_unique<Driver>(fixture.server->address(), credentials, parameters);
}

NodeOptions with_user(std::vector<ScramMechanism> mechanisms) {
  NodeOptions node;
  node.account = {.user = "mongogw",
                  .password = "s3cret",
                  .auth_database = "mongogw",
                  .role = "readWrite@mongogw",
                  .mechanisms = std::move(mechanisms)};
  return node;
}

constexpr std::size_t kDocumentsMax = 1000;

// {_id: first} and so on, at most kDocumentsMax, as the plugin inserts: unordered, majority,
// journaled.
bool insert(Fixture& fixture, std::int32_t first, std::size_t count) {
  std::vector<BsonDocument> documents(count);
  const bson_t* pointers[kDocumentsMax];
  for (std::size_t i = 0; i < count; ++i) {
    BSON_APPEND_INT32(documents[i].get(), "_id", first++);
    BSON_APPEND_UTF8(documents[i].get(), "deviceUID", "device-1");
    pointers[i] = documents[i].get();
  }
  const BsonDocument options;
  BSON_APPEND_BOOL(options.get(), "ordered", false);
  bson_t concern;
  BSON_APPEND_DOCUMENT_BEGIN(options.get(), "writeConcern", &concern);
  BSON_APPEND_UTF8(&concern, "w", "majority");
  BSON_APPEND_BOOL(&concern, "j", true);
  bson_append_document_end(options.get(), &concern);
  bson_t reply;
  const bool is_done = mongoc_collection_insert_many(fixture.driver->collection(), pointers, count,
                                                     options.get(), &reply, &fixture.error);
  bson_reinit(fixture.reply.get());
  bson_concat(fixture.reply.get(), &reply);
  bson_destroy(&reply);
  return is_done;
}

std::int64_t count(Fixture& fixture) {
  const BsonDocument everything;
  return mongoc_collection_count_documents(fixture.driver->collection(), everything.get(), nullptr,
                                           nullptr, nullptr, &fixture.error);
}

void assert_text(std::string_view actual, const char* expected) {
  assert_string_equal(std::string(actual).c_str(), expected);
}

void a_replica_set_takes_a_majority_insert(void** state) {
  Fixture& fixture = fixture_of(state);
  NodeOptions node;
  node.replica_set = "rs0";
  start(fixture, node);
  connect(fixture, "", "&replicaSet=rs0");
  assert_true(insert(fixture, 1, 1000));
  assert_int_equal(integer_field(*fixture.reply, "insertedCount", 0), 1000);
  assert_int_equal(count(fixture), 1000);
  Node& seen = fixture.server->node();
  assert_int_equal(seen.store.documents(), 1000);
  assert_int_equal(seen.counters.asked("insert"), 1);
  const ByteBuffer concern = seen.counters.last_write_concern();
  const BsonView view(concern);
  assert_text(text_field(view.bson(), "w"), "majority");
  assert_true(bool_field(view.bson(), "j", false));
}

void another_set_name_finds_no_server(void** state) {
  Fixture& fixture = fixture_of(state);
  NodeOptions node;
  node.replica_set = "rs0";
  start(fixture, node);
  connect(fixture, "", "&replicaSet=rs1&serverSelectionTimeoutMS=500");
  assert_false(insert(fixture, 1, 1));
  assert_int_equal(fixture.error.domain, MONGOC_ERROR_SERVER_SELECTION);
}

void the_driver_sees_which_identifiers_were_there(void** state) {
  Fixture& fixture = fixture_of(state);
  start(fixture, {});
  connect(fixture);
  assert_true(insert(fixture, 2, 2));
  assert_false(insert(fixture, 1, 4));
  assert_int_equal(fixture.error.code, 11000);
  assert_int_equal(integer_field(*fixture.reply, "insertedCount", 0), 2);
  const BsonView errors(embedded_field(*fixture.reply, "writeErrors"));
  assert_int_equal(bson_count_keys(&errors.bson()), 2);
  const BsonView second(embedded_field(errors.bson(), "1"));
  assert_int_equal(integer_field(second.bson(), "index", -1), 2);
  const BsonView pattern(embedded_field(second.bson(), "keyPattern"));
  assert_int_equal(integer_field(pattern.bson(), "_id", 0), 1);
}

void the_driver_goes_through_a_long_answer(void** state) {
  Fixture& fixture = fixture_of(state);
  start(fixture, {});
  connect(fixture);
  assert_true(insert(fixture, 1, 350));
  const BsonDocument everything;
  mongoc_cursor_t* cursor = mongoc_collection_find_with_opts(fixture.driver->collection(),
                                                             everything.get(), nullptr, nullptr);
  std::int64_t sum = 0;
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor, &document)) sum += integer_field(*document, "_id", 0);
  mongoc_cursor_destroy(cursor);
  assert_int_equal(sum, 350 * 351 / 2);
}

void both_mechanisms_let_the_user_in(void** state) {
  Fixture& fixture = fixture_of(state);
  for (const ScramMechanism mechanism : {ScramMechanism::kSha1, ScramMechanism::kSha256}) {
    const std::string named = text("&authSource=mongogw&authMechanism=", mechanism_name(mechanism));
    start(fixture, with_user({mechanism}));
    for (const std::string& parameters : {named, std::string("&authSource=mongogw")}) {
      connect(fixture, "mongogw:s3cret@", parameters);
      assert_int_equal(count(fixture), 0);
      fixture.driver.reset();
    }
  }
}

void a_wrong_password_is_told_as_such(void** state) {
  Fixture& fixture = fixture_of(state);
  start(fixture, with_user({ScramMechanism::kSha1, ScramMechanism::kSha256}));
  connect(fixture, "mongogw:wrong@", "&authSource=mongogw");
  assert_false(insert(fixture, 1, 1));
  assert_int_equal(fixture.error.domain, MONGOC_ERROR_CLIENT);
  assert_int_equal(fixture.error.code, MONGOC_ERROR_CLIENT_AUTHENTICATE);
}

void a_changed_password_is_asked_of_new_connections(void** state) {
  Fixture& fixture = fixture_of(state);
  start(fixture, with_user({ScramMechanism::kSha256}));
  connect(fixture, "mongogw:s3cret@", "&authSource=mongogw");
  assert_true(insert(fixture, 1, 1));
  fixture.server->node().account.set_password("0ther");
  assert_true(insert(fixture, 2, 1));
  connect(fixture, "mongogw:s3cret@", "&authSource=mongogw");
  assert_false(insert(fixture, 3, 1));
  connect(fixture, "mongogw:0ther@", "&authSource=mongogw");
  assert_true(insert(fixture, 3, 1));
}

void who_has_not_authenticated_is_not_authorized(void** state) {
  Fixture& fixture = fixture_of(state);
  start(fixture, with_user({ScramMechanism::kSha256}));
  connect(fixture);
  assert_false(insert(fixture, 1, 1));
  assert_int_equal(fixture.error.code, 13);
  assert_int_equal(fixture.server->node().store.documents(), 0);
}

void an_old_wire_version_is_told(void** state) {
  Fixture& fixture = fixture_of(state);
  NodeOptions node;
  node.wire_version_max = 5;
  start(fixture, node);
  connect(fixture, "", "&serverSelectionTimeoutMS=500");
  assert_false(insert(fixture, 1, 1));
  assert_int_equal(fixture.error.code, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION);
}

void a_server_can_end_under_its_clients_and_start_again(void** state) {
  Fixture& fixture = fixture_of(state);
  start(fixture, {});
  connect(fixture);
  assert_true(insert(fixture, 1, 1));
  const std::string address = fixture.server->address();
  fixture.server.reset();
  ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  Result<std::unique_ptr<Server>> again = Server::start(options);
  assert_true(again.is_ok());
  fixture.server = std::move(again).value();
  assert_string_equal(fixture.server->address().c_str(), address.c_str());
  assert_false(Server::start(options).is_ok());
  (void)insert(fixture, 1, 1);  // the driver may learn by it that its connection is gone
  (void)insert(fixture, 1, 1);
  assert_int_equal(count(fixture), 1);
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  mongoc_init();
  mongoc_log_set_handler(nullptr, nullptr);
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_replica_set_takes_a_majority_insert, set_up, tear_down),
      cmocka_unit_test_setup_teardown(another_set_name_finds_no_server, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_driver_sees_which_identifiers_were_there, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_driver_goes_through_a_long_answer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(both_mechanisms_let_the_user_in, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_wrong_password_is_told_as_such, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_changed_password_is_asked_of_new_connections, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(who_has_not_authenticated_is_not_authorized, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(an_old_wire_version_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_server_can_end_under_its_clients_and_start_again, set_up,
                                      tear_down),
  };
  const int failed = cmocka_run_group_tests(tests, nullptr, nullptr);
  mongoc_cleanup();
  return failed;
}
