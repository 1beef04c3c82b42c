// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/uri.h"

#include <string>
#include <string_view>

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

ConnectionOptions options_with(std::string uri) {
  ConnectionOptions options;
  options.uri = std::move(uri);
  options.database = "mongogw";
  return options;
}

void assert_refused(const ConnectionOptions& options, const char* why) {
  const Result<UriPtr> uri = make_uri(options);
  const bool is_refused =
      uri.code() == StatusCode::kRefuse && uri.message().find(why) != std::string::npos;
  if (!is_refused) {
    print_error("%s: not refused for %s, but %s\n", options.uri.c_str(), why,
                uri.message().c_str());
  }
  assert_true(is_refused);
}

UriPtr taken(const ConnectionOptions& options) {
  Result<UriPtr> uri = make_uri(options);
  if (!uri.is_ok()) print_error("%s: %s\n", options.uri.c_str(), uri.message().c_str());
  assert_true(uri.is_ok());
  return std::move(uri).value();
}

std::int32_t int_in(const UriPtr& uri, const char* option) {
  return mongoc_uri_get_option_as_int32(uri.get(), option, -1);
}

void no_part_of_a_malformed_uri_shows(void**) {
  const char* const malformed[] = {
      "mongodb://u:MARK%zz@h",
      "mongodb://u:pa@MARK@h",
      "mongodb://u:12/MARK@h",
      "mongodb://u:MARK/x@h",
      "mongodb://u:1?MARK@h",
      "mongodb://u:1?a=MARK@h",
      "mongodb://u:p@h/?foo=MARK",
      "mongodb://u:MARK@h:0",
      "mongodb://u:MARK@h:99999",
      "mongodb://:MARK@h",
      "mongodb://u:MARK:x@h",
      "mongodb://u:MARK@",
      "mongodb://u:MARK@h,,g",
      "http://u:MARK@h",
      "mongodb+srv://u:MARK@h",
      "mongodb://u:MARK@h?w=1",
      "mongodb://u:MARK@h/?w=1&w=2",
      "MARK://u:p@h",
      "mongodb://u:MARK@h/?authMechanism=MONGODB-X509",
      "mongodb://u:MARK@h/db@x",
      "u:x@MARK@h",
      "mongodb://MARK:p@h/?tlsFoo=1",
      "mongodb://u:MARK@h/?connectTimeoutMS=0",
      "mongodb://u:MARK@h/?w=MARK",
      "mongodb://u:MARK@h/?w=-1",
      "mongodb://u:MARK@h/?connectTimeoutMS=abc",
      "mongodb://MARK:p@a,b/?directConnection=true",
      "mongodb://u:MARK@h/?tlsCertificateKeyFilePassword=MARK&tls=perhaps",
      "mongodb://u:p@h/?foo=1&tlsCertificateKeyFilePassword=a&MARK",
      "mongodb://u:p@h/?authMechanismProperties=A:MARK&connectTimeoutMS=x",
      "mongodb://u:MARK@h/?heartbeatFrequencyMS=10",
  };
  for (const char* uri : malformed) {
    const Result<UriPtr> result = make_uri(options_with(uri));
    if (result.is_ok()) print_error("taken: %s\n", uri);
    assert_true(result.code() == StatusCode::kRefuse);
    const bool is_shown = result.message().find("MARK") != std::string::npos;
    if (is_shown) print_error("shown: %s\n", uri);
    assert_false(is_shown);
  }
}

void what_is_wrong_with_an_option_is_said(void**) {
  const struct {
    const char* uri;
    const char* why;
  } cases[] = {
    {"mongodb://u:p@h/?compressors=lz4", "'lz4'; accepted: compressors of zstd, snappy and zlib"},
    {"mongodb://u:p@h/?connectTimeoutMS=abc", "'connecttimeoutms': 'abc'; accepted: the opt"},
    {"mongodb://u:p@a,b/?directConnection=true", "not allowed with directConnection"},
    {"mongodb://u:p@h/?w=0&journal=true", "Journal conflicts with w value"},
    {"mongodb://u:p@h/?tls=perhaps", "'tls': 'perhaps'"},
    {"mongodb://u:p@h/?retryWrits=true", "rits'; accepted"},
    {"mongodb://u:p@h/?w=1&w=2", "Overwriting previously provided value for 'w'"},
    {"mongodb://u:p@h/?replicaSet=", "cannot be empty"},
    {"mongodb://u:p@h/?readPreference", "'readPreference' contains no"},
    {"h/?zlibCompressionLevel=77", "must be between -1 and 9"},
    {"mongodb://u:p@h/a.b", "mongo_uri is malformed"},
#if !MONGOC_CHECK_VERSION(2, 0, 0)  // which accepts it
    {"mongodb://u:p@h,", "mongo_uri is malformed: Invalid host string in URI"},
#endif
    {"mongodb://u:%zz@h", "malformed in its user, its password"},
    {"mongodb://u:%zz@h/?authMechanism=SCRAM-SHA-1", "malformed in its user, its password"},
  };
  for (const auto& example : cases) assert_refused(options_with(example.uri), example.why);
}

void a_service_name_needs_three_parts(void**) {
  for (const char* uri : {"mongodb+srv://nosuch.invalid/", "mongodb+srv://u:MARK@h?w=majority",
                          "mongodb+srv://a.b.c:27017", "mongodb+srv://a.b.c,d.e.f"}) {
    assert_refused(options_with(uri), "accepted: one name of three parts or more and no port");
  }
  assert_refused(options_with("mongodb+srv://u:%zz@a.b.c"), "malformed in its user");
}

void what_disagrees_is_refused_without_its_value(void**) {
  ConnectionOptions options = options_with("mongodb://MARK1:MARK2@h/?authSource=MARK3");
  options.user = "other";
  assert_refused(options, "mongo_user");
  options.user = "MARK1";
  options.password = "MARK4";
  assert_refused(options, "mongo_password");
  assert_true(make_uri(options).message().find("MARK") == std::string::npos);
  options.password = "MARK2";
  options.auth_source = "other";
  assert_refused(options, "mongo_auth_source");
  options.auth_source = "MARK3";
  taken(options);
}

void a_list_of_hosts_is_a_uri(void**) {
  const UriPtr uri = taken(options_with("a:1,b,c:3"));
  assert_string_equal(hosts_of(*uri).c_str(), "a:1,b:27017,c:3");
}

void credentials_beside_the_uri_are_merged_in(void**) {
  ConnectionOptions options = options_with("mongodb://h");
  options.user = "gateway";
  options.password = "p@ss/wo:rd%";
  const UriPtr uri = taken(options);
  assert_string_equal(mongoc_uri_get_username(uri.get()), "gateway");
  assert_string_equal(mongoc_uri_get_password(uri.get()), "p@ss/wo:rd%");
}

void a_user_without_a_password_and_the_reverse_are_refused(void**) {
  ConnectionOptions options = options_with("mongodb://h");
  options.user = "gateway";
  assert_refused(options, "without a password");
  assert_refused(options_with("mongodb://gateway@h"), "without a password");
  options.user = "";
  options.password = "p";
  assert_refused(options, "mongo_user");
  taken(options_with("mongodb://CN%3Dgateway@h/?authMechanism=MONGODB-X509&tls=true"));
}

void the_auth_source_is_the_options_then_the_uris_then_the_database(void**) {
  ConnectionOptions options = options_with("mongodb://u:p@h");
  assert_string_equal(mongoc_uri_get_auth_source(taken(options).get()), "mongogw");
  options.uri = "mongodb://u:p@h/accounts";
  assert_string_equal(mongoc_uri_get_auth_source(taken(options).get()), "accounts");
  options.uri = "mongodb://u:p@h/accounts?authSource=admin";
  assert_string_equal(mongoc_uri_get_auth_source(taken(options).get()), "admin");
  options.uri = "mongodb://u:p@h/accounts";
  options.auth_source = "users";
  assert_string_equal(mongoc_uri_get_auth_source(taken(options).get()), "users");
  options = options_with("mongodb://u@h/?authMechanism=MONGODB-X509&tls=true");
  assert_string_equal(mongoc_uri_get_auth_source(taken(options).get()), "$external");
}

void defaults_stand_where_the_uri_says_nothing(void**) {
  ConnectionOptions options = options_with("mongodb://h/?serverSelectionTimeoutMS=700");
  options.app_name = "gateway-1";
  options.sessions_max = 4;
  const UriPtr uri = taken(options);
  assert_int_equal(int_in(uri, MONGOC_URI_CONNECTTIMEOUTMS), 5000);
  assert_int_equal(int_in(uri, MONGOC_URI_SOCKETTIMEOUTMS), 30000);
  assert_int_equal(int_in(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS), 700);
  assert_int_equal(int_in(uri, MONGOC_URI_HEARTBEATFREQUENCYMS), 5000);
  assert_int_equal(int_in(uri, MONGOC_URI_MAXPOOLSIZE), 5);
  assert_false(mongoc_uri_get_option_as_bool(uri.get(), MONGOC_URI_RETRYWRITES, true));
  assert_string_equal(mongoc_uri_get_appname(uri.get()), "gateway-1");
  const UriPtr other = taken(options_with("mongodb://h/?appName=x&retryWrites=true"));
  assert_string_equal(mongoc_uri_get_appname(other.get()), "x");
  assert_true(mongoc_uri_get_option_as_bool(other.get(), MONGOC_URI_RETRYWRITES, false));
}

void a_timeout_of_nothing_is_refused(void**) {
  for (const char* option : {"connectTimeoutMS", "socketTimeoutMS", "serverSelectionTimeoutMS"}) {
    for (const char* value : {"0", "-1", "600001"}) {
      assert_refused(options_with("mongodb://h/?" + std::string(option) + "=" + value),
                     "accepted: 1 to 600000");
    }
  }
  assert_refused(options_with("mongodb://h/?wtimeoutMS=0"), "accepted: 1 to 29999");
}

void each_insert_is_majority_and_journaled(void**) {
  const UriPtr uri = taken(options_with("mongodb://h/?w=majority&journal=true"));
  const mongoc_write_concern_t* concern = mongoc_uri_get_write_concern(uri.get());
  assert_true(mongoc_write_concern_get_wmajority(concern));
  assert_true(mongoc_write_concern_get_journal(concern));
  assert_int_equal(mongoc_write_concern_get_wtimeout_int64(concern), 20000);
}

void a_numeric_write_concern_is_journaled_too(void**) {
  ConnectionOptions options = options_with("mongodb://h/?w=2&wtimeoutMS=4000");
  options.write_concern = 2;
  const UriPtr uri = taken(options);
  const mongoc_write_concern_t* concern = mongoc_uri_get_write_concern(uri.get());
  assert_int_equal(mongoc_write_concern_get_w(concern), 2);
  assert_true(mongoc_write_concern_get_journal(concern));
  assert_int_equal(mongoc_write_concern_get_wtimeout_int64(concern), 4000);
}

void a_uri_can_not_weaken_the_write_concern(void**) {
  for (const char* option : {"w=0", "w=1", "w=tag"}) {
    assert_refused(options_with("mongodb://h/?" + std::string(option)), "write_concern");
  }
  assert_refused(options_with("mongodb://h/?journal=false"), "journal");
  assert_refused(options_with("mongodb://h/?safe=false"), "safe");
  ConnectionOptions options = options_with("mongodb://h/?w=majority");
  options.write_concern = 1;
  assert_refused(options, "write_concern");
}

void the_server_gives_up_before_the_socket_does(void**) {
  assert_refused(options_with("mongodb://h/?socketTimeoutMS=5000&wtimeoutMS=5000"), "4999");
  const UriPtr uri = taken(options_with("mongodb://h/?socketTimeoutMS=6000"));
  assert_int_equal(mongoc_write_concern_get_wtimeout_int64(mongoc_uri_get_write_concern(uri.get())),
                   4000);
}

void tls_files_switch_tls_on(void**) {
  ConnectionOptions options = options_with("mongodb://h");
  options.tls_ca_file = "/certs/ca.pem";
  options.tls_certificate_key_file = "/certs/client.pem";
  const UriPtr uri = taken(options);
  assert_true(mongoc_uri_get_tls(uri.get()));
  assert_string_equal(mongoc_uri_get_option_as_utf8(uri.get(), MONGOC_URI_TLSCAFILE, ""),
                      "/certs/ca.pem");
  options.uri = "mongodb://h/?tls=false";
  assert_refused(options, "mongo_tls_ca_file");
  options.uri = "mongodb://h/?tlsCAFile=/other.pem";
  assert_refused(options, "mongo_tls_ca_file");
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_part_of_a_malformed_uri_shows),
      cmocka_unit_test(what_is_wrong_with_an_option_is_said),
      cmocka_unit_test(a_service_name_needs_three_parts),
      cmocka_unit_test(what_disagrees_is_refused_without_its_value),
      cmocka_unit_test(a_list_of_hosts_is_a_uri),
      cmocka_unit_test(credentials_beside_the_uri_are_merged_in),
      cmocka_unit_test(a_user_without_a_password_and_the_reverse_are_refused),
      cmocka_unit_test(the_auth_source_is_the_options_then_the_uris_then_the_database),
      cmocka_unit_test(defaults_stand_where_the_uri_says_nothing),
      cmocka_unit_test(a_timeout_of_nothing_is_refused),
      cmocka_unit_test(each_insert_is_majority_and_journaled),
      cmocka_unit_test(a_numeric_write_concern_is_journaled_too),
      cmocka_unit_test(a_uri_can_not_weaken_the_write_concern),
      cmocka_unit_test(the_server_gives_up_before_the_socket_does),
      cmocka_unit_test(tls_files_switch_tls_on),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
