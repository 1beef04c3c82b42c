// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/scram_server.h"

#include <openssl/evp.h>

#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::scripted {
namespace {

struct Example {
  ScramMechanism mechanism;
  const char* salt;  // Base64
  const char* server_nonce;
  const char* client_first;
  const char* server_first;
  const char* client_final;
  const char* server_final;
};

// RFC 5802, section 5, and RFC 7677, section 3: user "user", password "pencil".
constexpr Example kSha1 = {
    ScramMechanism::kSha1,
    "QSXCR+Q6sek8bf92",
    "3rfcNHYJY1ZVvWVs7j",
    "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
};
constexpr Example kSha256 = {
    ScramMechanism::kSha256,
    "W22ZaJ0SNY7soEsUEjb6gQ==",
    "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

std::string decoded(std::string base64) {
  std::string bytes(base64.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(base64.data()),
                  static_cast<int>(base64.size()));
  while (base64.ends_with('=')) {
    base64.pop_back();
    bytes.pop_back();
  }
  return bytes;
}

ScramServer server_of(const Example& example, const char* password = "pencil",
                      const char* user = "user") {
  return {make_credential(example.mechanism, password, decoded(example.salt), 4096), user,
          example.server_nonce};
}

void check_example(const Example& example) {
  ScramServer server = server_of(example);
  assert_string_equal(server.first(example.client_first).value().c_str(), example.server_first);
  assert_string_equal(server.final(example.client_final).value().c_str(), example.server_final);
}

void the_sha_1_example_of_rfc_5802_holds(void**) { check_example(kSha1); }
void the_sha_256_example_of_rfc_7677_holds(void**) { check_example(kSha256); }

void a_wrong_password_is_refused(void**) {
  for (const Example& example : {kSha1, kSha256}) {
    ScramServer server = server_of(example, "Pencil");
    assert_true(server.first(example.client_first).is_ok());
    assert_false(server.final(example.client_final).is_ok());
  }
}

void another_user_is_refused(void**) {
  ScramServer server = server_of(kSha256, "pencil", "User");
  assert_false(server.first(kSha256.client_first).is_ok());
}

void an_escaped_name_is_understood(void**) {
  ScramServer server = server_of(kSha256, "pencil", "a,b=c=2C");
  assert_true(server.first("n,,n=a=2Cb=3Dc=3D2C,r=abc").is_ok());
}

void a_replayed_or_damaged_final_message_is_refused(void**) {
  const std::string final_message = kSha256.client_final;
  for (const std::string& damaged :
       {std::string(), std::string("c=biws"), "c=eSws" + final_message.substr(6),
        "c=biws,r=other" + final_message.substr(final_message.find(",p=")),
        final_message.substr(0, final_message.size() - 1),
        final_message.substr(0, final_message.find(",p=")),
        final_message.substr(0, final_message.find(",p=")) + ",p=AAAA"}) {
    ScramServer server = server_of(kSha256);
    assert_true(server.first(kSha256.client_first).is_ok());
    assert_false(server.final(damaged).is_ok());
  }
}

void a_final_message_without_a_first_is_refused(void**) {
  ScramServer server = server_of(kSha256);
  assert_false(server.final(kSha256.client_final).is_ok());
}

void malformed_first_messages_are_refused(void**) {
  for (const char* malformed : {"", "n", "n,", "n,,", "n,,n=user", "n,,r=abc",
                                "n,,n=user,r=", "p=tls-unique,,n=user,r=abc"}) {
    ScramServer server = server_of(kSha256);
    assert_false(server.first(malformed).is_ok());
  }
}

void mongodb_hashes_the_password_for_sha_1_only(void**) {
  // printf 'user:mongo:pencil' | md5sum
  assert_string_equal(scram_password(ScramMechanism::kSha1, "user", "pencil").c_str(),
                      "1c33006ec1ffd90f9cadcbcc0e118200");
  assert_string_equal(scram_password(ScramMechanism::kSha256, "user", "pencil").c_str(), "pencil");
}

void salts_have_the_length_that_drivers_ask_for(void**) {
  assert_int_equal(make_salt(ScramMechanism::kSha1).size(), 16);
  assert_int_equal(make_salt(ScramMechanism::kSha256).size(), 28);
  assert_true(make_salt(ScramMechanism::kSha256) != make_salt(ScramMechanism::kSha256));
  assert_true(ScramServer::random_nonce().find(',') == std::string::npos);
}

void mechanisms_have_their_registered_names(void**) {
  assert_true(mechanism_named("SCRAM-SHA-1") == ScramMechanism::kSha1);
  assert_true(mechanism_named("SCRAM-SHA-256") == ScramMechanism::kSha256);
  assert_false(mechanism_named("PLAIN").has_value());
}

}  // namespace
}  // namespace mongo_store::scripted

int main() {
  using namespace mongo_store::scripted;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_sha_1_example_of_rfc_5802_holds),
      cmocka_unit_test(the_sha_256_example_of_rfc_7677_holds),
      cmocka_unit_test(a_wrong_password_is_refused),
      cmocka_unit_test(another_user_is_refused),
      cmocka_unit_test(an_escaped_name_is_understood),
      cmocka_unit_test(a_replayed_or_damaged_final_message_is_refused),
      cmocka_unit_test(a_final_message_without_a_first_is_refused),
      cmocka_unit_test(malformed_first_messages_are_refused),
      cmocka_unit_test(mongodb_hashes_the_password_for_sha_1_only),
      cmocka_unit_test(salts_have_the_length_that_drivers_ask_for),
      cmocka_unit_test(mechanisms_have_their_registered_names),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
