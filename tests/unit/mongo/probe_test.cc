// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/probe.h"

#include <memory>
#include <string>
#include <utility>

#include "base/text.h"
#include "mongo/uri.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted_mongod/server.h"

namespace mongo_store::mongo {
namespace {

using delivery::ProbeLine;
using delivery::Target;

constexpr Target kTargets[] = {{"mongogw", "devices"}, {"mongogw", "devices_dead_letter"}};

std::unique_ptr<scripted::Server> server;  // freed by the teardown: failed assertions skip it

int tear_down(void**) {
  server.reset();
  return 0;
}

scripted::ServerOptions of_set(const char* name) {
  scripted::ServerOptions options;
  options.node.replica_set = name;
  return options;
}

scripted::ServerOptions with_role(const char* role) {
  scripted::ServerOptions options;
  options.node.account.user = "gateway";
  options.node.account.password = "s3cret";
  options.node.account.role = role;
  return options;
}

void start(const scripted::ServerOptions& options) {
  auto started = scripted::Server::start(options);
  if (!started.is_ok()) print_error("%s\n", started.message().c_str());
  assert_true(started.is_ok());
  server = std::move(started).value();
}

// uri: SERVER stands for the server's address.
ProbeLine probed(std::string uri, const char* user = "", const char* password = "",
                 bool is_early = false) {
  const std::size_t at = uri.find("SERVER");
  if (at != std::string::npos) uri.replace(at, 6, server->address());
  ConnectionOptions options;
  options.uri = std::move(uri);
  options.user = user;
  options.password = password;
  options.auth_source = *user == '\0' ? "" : "admin";
  options.database = "mongogw";
  const Result<UriPtr> made = make_uri(options);
  if (!made.is_ok()) print_error("%s\n", made.message().c_str());
  assert_true(made.is_ok());
  return probe(*made.value(), hosts_of(*made.value()), kTargets, is_early);
}

void assert_told(const ProbeLine& line, LogLevel level, const std::string& part) {
  const bool is_told = line.level == level && line.text.find(part) != std::string::npos;
  if (!is_told) print_error("level %d: %s\n", static_cast<int>(line.level), line.text.c_str());
  assert_true(is_told);
}

void a_single_server_is_told_with_version_and_write_concern(void**) {
  start({});
  const ProbeLine line = probed("SERVER");
  assert_told(line, LogLevel::kInfo, text("connected to a single server at ", server->address()));
  assert_told(line, LogLevel::kInfo, ", version 6.0.0, without a user; write concern majority");
  assert_int_equal(server->node().store.documents(), 0);
}

void a_set_is_told_by_its_name(void**) {
  start(of_set("rs0"));
  assert_told(probed("SERVER/?replicaSet=rs0"), LogLevel::kInfo,
              "connected to the replica set rs0 at ");
}

void a_set_that_the_uri_does_not_name_is_warned_of(void**) {
  start(of_set("rs0"));
  assert_told(probed("SERVER"), LogLevel::kWarning, "mongo_uri has no replicaSet");
  assert_told(probed("SERVER"), LogLevel::kWarning, "add replicaSet=rs0, and the other members'");
}

void a_wrong_set_is_told_with_both_names(void**) {
  start(of_set("rs1"));
  assert_told(probed("SERVER/?replicaSet=rs0"), LogLevel::kWarning,
              text(server->address(),
                   " belongs to the replica set rs1, but replicaSet in mongo_uri is rs0"));
  start({});
  assert_told(probed("SERVER/?replicaSet=rs0"), LogLevel::kWarning,
              "belongs to no replica set, but replicaSet in mongo_uri is rs0");
}

void a_user_is_told_with_its_rights(void**) {
  start(with_role("readWrite@mongogw"));
  assert_told(probed("SERVER", "gateway", "s3cret"), LogLevel::kInfo,
              ", as gateway (of admin), which may insert and find;");
}

void a_missing_right_is_told_with_its_collection(void**) {
  start(with_role("read@mongogw"));
  const ProbeLine line = probed("SERVER", "gateway", "s3cret");
  assert_told(line, LogLevel::kWarning, "that user may not insert in mongogw.devices: give it");
  assert_told(line, LogLevel::kWarning, "may not insert in mongogw.devices_dead_letter");
  assert_true(line.text.find("may not find") == std::string::npos);
}

void a_right_to_insert_alone_is_told_once(void**) {
  start(with_role("insert@mongogw"));
  const ProbeLine line = probed("SERVER", "gateway", "s3cret");
  assert_told(line, LogLevel::kWarning, "that user may not find in mongogw.devices: give it");
  assert_true(line.text.find("not authorized") == std::string::npos);
}

// Delivery copes with it.
void refused_majority_reads_are_told_and_no_flaw(void**) {
  start({});
  OwnedBson command;
  bson_error_t error = {};
  assert_true(bson_init_from_json(command.get(),
                                  R"({"configureFailPoint": "failCommand", "mode": "alwaysOn",
        "data": {"failCommands": ["find"], "readConcern": "majority", "errorCode": 148}})",
                                  -1, &error));
  assert_true(server->node().fail_points.configure(*command).is_ok());
  assert_told(probed("SERVER"), LogLevel::kInfo, "; it refuses majority reads (code");
}

void no_user_where_one_is_asked_for_names_the_option(void**) {
  start(with_role(""));
  const ProbeLine line = probed("SERVER");
  assert_told(line, LogLevel::kWarning, "mongo_user is not set");
}

void a_wrong_password_is_told_without_it(void**) {
  start(with_role(""));
  const ProbeLine line = probed("SERVER", "gateway", "Wr0ng");
  assert_told(line, LogLevel::kError, "not ready at ");
  assert_told(line, LogLevel::kError, "log in: Authentication failed");
  assert_true(line.text.find("Wr0ng") == std::string::npos);
}

void users_that_may_not_be_there_yet_are_waited_for(void**) {
  start(with_role(""));
  const ProbeLine line = probed("SERVER", "gateway", "Wr0ng", true);
  assert_told(line, LogLevel::kNotice, "login not accepted yet, as is normal while a new database");
  assert_told(line, LogLevel::kNotice, "log in: Authentication failed");
}

void a_host_that_does_not_resolve_is_told_as_that(void**) {
  assert_told(probed("no-such-host.invalid"), LogLevel::kWarning,
              "connect: No suitable servers found");
  assert_told(probed("no-such-host.invalid"), LogLevel::kWarning, "DNS");
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_single_server_is_told_with_version_and_write_concern, tear_down),
      cmocka_unit_test_teardown(a_set_is_told_by_its_name, tear_down),
      cmocka_unit_test_teardown(a_set_that_the_uri_does_not_name_is_warned_of, tear_down),
      cmocka_unit_test_teardown(a_wrong_set_is_told_with_both_names, tear_down),
      cmocka_unit_test_teardown(a_user_is_told_with_its_rights, tear_down),
      cmocka_unit_test_teardown(a_missing_right_is_told_with_its_collection, tear_down),
      cmocka_unit_test_teardown(a_right_to_insert_alone_is_told_once, tear_down),
      cmocka_unit_test_teardown(refused_majority_reads_are_told_and_no_flaw, tear_down),
      cmocka_unit_test_teardown(no_user_where_one_is_asked_for_names_the_option, tear_down),
      cmocka_unit_test_teardown(a_wrong_password_is_told_without_it, tear_down),
      cmocka_unit_test_teardown(users_that_may_not_be_there_yet_are_waited_for, tear_down),
      cmocka_unit_test_teardown(a_host_that_does_not_resolve_is_told_as_that, tear_down),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
