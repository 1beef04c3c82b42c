// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/replica_set.h"

#include <mongoc/mongoc.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/bson_document.h"

// The simulated set as libmongoc, the driver that the plugin is built on, sees it.
namespace mongo_store::scripted {
namespace {

constexpr auto kDeadline = std::chrono::seconds(20);

struct Fixture {
  std::unique_ptr<ReplicaSet> set;
  mongoc_client_t* client = nullptr;  // of the whole set, or of one member
  bson_error_t error{};

  void connect(const std::string& hosts, std::string_view parameters) {
    if (client != nullptr) mongoc_client_destroy(client);
    client = mongoc_client_new(text("mongodb://", hosts, "/?serverSelectionTimeoutMS=10000",
                                    "&serverSelectionTryOnce=false", parameters)
                                   .c_str());
    mongoc_client_set_error_api(client, 2);
  }
  void connect_to_set() { connect(set->hosts().front(), "&replicaSet=rs0"); }
};

int set_up(void** state) {
  auto* fixture = new Fixture;
  *state = fixture;
  ReplicaSetOptions options;
  options.server.node.replica_set = "rs0";
  options.ports = {0, 0, 0};
  options.election_ms = 300;
  Result<std::unique_ptr<ReplicaSet>> set = ReplicaSet::start(options);
  if (!set.is_ok()) return 1;
  fixture->set = std::move(set).value();
  return 0;
}

int tear_down(void** state) {
  auto* fixture = static_cast<Fixture*>(*state);
  if (fixture->client != nullptr) mongoc_client_destroy(fixture->client);
  delete fixture;
  return 0;
}

Fixture& fixture_of(void** state) { return *static_cast<Fixture*>(*state); }

void await(const std::function<bool()>& is_true) {
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (!is_true()) {
    assert_true(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

BsonDocument from_json(const std::string& json) {
  BsonDocument document;
  bson_t parsed;
  if (bson_init_from_json(&parsed, json.c_str(), -1, nullptr)) {
    bson_concat(document.get(), &parsed);
    bson_destroy(&parsed);
  }
  return document;
}

void simulate(Fixture& fixture, const std::string& json) {
  const BsonDocument reply;
  assert_false(fixture.set->simulate(*from_json(json), reply.get()).has_value());
}

int primary_id(Fixture& fixture) {
  for (int id = 0; id < 3; ++id) {
    if (fixture.set->view(id).is_primary) return id;
  }
  return -1;
}

std::string host_of(Fixture& fixture, int id) { return fixture.set->view(id).me; }

bool insert(Fixture& fixture, std::int32_t id, const char* concern) {
  mongoc_collection_t* devices = mongoc_client_get_collection(fixture.client, "mongogw", "devices");
  const BsonDocument options =
      from_json(text(R"({"writeConcern": )", concern, R"(, "ordered": false})"));
  const BsonDocument document = from_json(text(R"({"_id": )", id, "}"));
  const bson_t* pointers[] = {document.get()};
  const bool is_done =
      mongoc_collection_insert_many(devices, pointers, 1, options.get(), nullptr, &fixture.error);
  mongoc_collection_destroy(devices);
  return is_done;
}

std::size_t committed(Fixture& fixture) {
  const auto [store, position] = fixture.set->committed();
  return store->count("mongogw.devices", Filter(), position);
}

void a_majority_write_is_on_every_member_soon(void** state) {
  Fixture& fixture = fixture_of(state);
  fixture.connect_to_set();
  assert_true(insert(fixture, 1, R"({"w": "majority"})"));
  assert_int_equal(committed(fixture), 1);
  await([&] {
    std::size_t total = 0;
    fixture.set->for_each_node([&](Node& node) { total += node.store.documents(); });
    return total == 3;
  });
}

void a_write_that_only_a_lost_primary_had_vanishes(void** state) {
  Fixture& fixture = fixture_of(state);
  await([&] { return primary_id(fixture) >= 0; });
  const int old = primary_id(fixture);
  const std::string host = host_of(fixture, old);
  fixture.connect(host, "&directConnection=true");
  assert_true(insert(fixture, 1, R"({"w": "majority"})"));
  simulate(fixture, text(R"({"simulate": "partition", "members": [")", host, R"("]})"));
  assert_true(insert(fixture, 2, R"({"w": 1})"));
  assert_int_equal(committed(fixture), 1);
  await([&] { return primary_id(fixture) >= 0 && !fixture.set->view(old).is_primary; });
  simulate(fixture, R"({"simulate": "heal"})");
  await([&] {
    std::size_t total = 0;
    fixture.set->for_each_node([&](Node& node) { total += node.store.documents(); });
    return total == 3;
  });
  assert_int_equal(committed(fixture), 1);
}

void a_duplicate_key_waits_for_its_write_concern(void** state) {
  Fixture& fixture = fixture_of(state);
  await([&] { return primary_id(fixture) >= 0; });
  const std::string host = host_of(fixture, primary_id(fixture));
  fixture.connect(host, "&directConnection=true");
  for (int id = 0; id < 3; ++id) {
    if (host_of(fixture, id) == host) continue;
    simulate(fixture, text(R"({"simulate": "lag", "ms": 3600000, "members": [")",
                           host_of(fixture, id), R"("]})"));
  }
  constexpr const char* kMajority = R"({"w": "majority", "wtimeout": 100})";
  assert_false(insert(fixture, 1, kMajority));
  assert_int_equal(fixture.error.domain, MONGOC_ERROR_WRITE_CONCERN);
  assert_int_equal(fixture.error.code, 64);
  assert_false(insert(fixture, 1, kMajority));
  assert_int_equal(fixture.error.code, 11000);
  assert_int_equal(committed(fixture), 0);
  simulate(fixture, R"({"simulate": "heal"})");
  await([&] { return committed(fixture) == 1; });
}

void the_driver_finds_the_next_primary(void** state) {
  Fixture& fixture = fixture_of(state);
  fixture.connect_to_set();
  assert_true(insert(fixture, 1, R"({"w": "majority"})"));
  const int old = primary_id(fixture);
  assert_false(
      fixture.set->step_down(old, *from_json(R"({"replSetStepDown": 60, "force": true})"), 0)
          .has_value());
  await([&] { return insert(fixture, 2, R"({"w": "majority"})"); });
  assert_int_not_equal(primary_id(fixture), old);
  assert_int_equal(committed(fixture), 2);
}

void a_secondary_refuses_writes(void** state) {
  Fixture& fixture = fixture_of(state);
  await([&] { return primary_id(fixture) >= 0; });
  const int secondary = (primary_id(fixture) + 1) % 3;
  fixture.connect(host_of(fixture, secondary), "&directConnection=true");
  assert_false(insert(fixture, 1, R"({"w": 1})"));
  assert_int_equal(fixture.error.code, 10107);
}

void without_a_majority_nobody_is_elected(void** state) {
  Fixture& fixture = fixture_of(state);
  await([&] { return primary_id(fixture) >= 0; });
  const int kept = (primary_id(fixture) + 1) % 3;
  for (int id = 0; id < 3; ++id) {
    if (id == kept) continue;
    simulate(fixture,
             text(R"({"simulate": "stopMembers", "members": [")", host_of(fixture, id), R"("]})"));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  assert_int_equal(primary_id(fixture), -1);
  const int back = (kept + 1) % 3;
  simulate(fixture,
           text(R"({"simulate": "startMembers", "members": [")", host_of(fixture, back), R"("]})"));
  await([&] { return primary_id(fixture) >= 0; });
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  mongoc_init();
  mongoc_log_set_handler(nullptr, nullptr);
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_majority_write_is_on_every_member_soon, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_write_that_only_a_lost_primary_had_vanishes, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_duplicate_key_waits_for_its_write_concern, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_driver_finds_the_next_primary, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_secondary_refuses_writes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(without_a_majority_nobody_is_elected, set_up, tear_down),
  };
  const int failed = cmocka_run_group_tests(tests, nullptr, nullptr);
  mongoc_cleanup();
  return failed;
}
