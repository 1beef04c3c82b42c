// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/error_sorter.h"

#include <cstring>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

using delivery::InsertOutcome;
using delivery::RefusalKind;

constexpr std::size_t kDocuments = 3;

bson_error_t error_of(std::uint32_t domain, std::uint32_t code, const char* message = "why") {
  bson_error_t error = {};
  bson_set_error(&error, domain, static_cast<int>(code), "%s", message);
  return error;
}

InsertOutcome sorted(bool is_ok, const bson_error_t& error, const char* reply_json) {
  bson_error_t parse_error = {};
  OwnedBson reply;
  const bool is_parsed = bson_init_from_json(reply.get(), reply_json, -1, &parse_error);
  if (!is_parsed) print_error("%s\n", parse_error.message);
  assert_true(is_parsed);
  return sort_insert(is_ok, error, *reply, kDocuments);
}

InsertOutcome sorted_server_errors(std::uint32_t first_code, const char* reply_json) {
  return sorted(false, error_of(MONGOC_ERROR_SERVER, first_code), reply_json);
}

void all_inserted_is_ok(void**) {
  const InsertOutcome outcome = sorted(true, {}, R"({"insertedCount": 3})");
  assert_true(outcome.status.is_ok());
  assert_int_equal(outcome.refusals.size(), 0);
}

void duplicate_keys_are_named_one_by_one_and_the_rest_is_stored(void**) {
  const InsertOutcome outcome = sorted_server_errors(11000, R"({"insertedCount": 1, "writeErrors": [
                 {"index": 0, "code": 11000, "errmsg": "E11000 \"a\"\nb"},
                 {"index": 2, "code": 11000, "errmsg": "E11000"}]})");
  assert_true(outcome.status.is_ok());
  assert_int_equal(outcome.refusals.size(), 2);
  assert_int_equal(outcome.refusals[0].index, 0);
  assert_true(outcome.refusals[0].kind == RefusalKind::kDuplicateKey);
  assert_string_equal(outcome.refusals[0].message.c_str(), "E11000 \\\"a\\\"\\x0ab");
  assert_int_equal(outcome.refusals[1].index, 2);
}

// The driver reports the first code only: here the duplicate's.
void each_document_is_sorted_by_its_own_code(void**) {
  const InsertOutcome outcome = sorted_server_errors(11000, R"({"insertedCount": 0, "writeErrors": [
                 {"index": 0, "code": 11000, "errmsg": "duplicate"},
                 {"index": 1, "code": 121, "errmsg": "validation"},
                 {"index": 2, "code": 424242, "errmsg": "new"}]})");
  assert_true(outcome.status.is_ok());
  assert_int_equal(outcome.refusals.size(), 3);
  assert_true(outcome.refusals[0].kind == RefusalKind::kDuplicateKey);
  assert_true(outcome.refusals[1].kind == RefusalKind::kDocumentAtFault);
  assert_true(outcome.refusals[2].kind == RefusalKind::kUnclear);
  assert_int_equal(outcome.refusals[2].code, 424242);
}

void a_code_that_means_the_document_puts_it_at_fault(void**) {
  for (const int code : {2, 22, 66, 121, 10334, 16766, 17262, 17280}) {
    const std::string reply = R"({"insertedCount": 2, "writeErrors": [{"index": 1, "code": )" +
                              std::to_string(code) + R"(, "errmsg": "m"}]})";
    const InsertOutcome outcome =
        sorted_server_errors(static_cast<std::uint32_t>(code), reply.c_str());
    assert_true(outcome.status.is_ok());
    assert_true(outcome.refusals.at(0).kind == RefusalKind::kDocumentAtFault);
  }
}

void throttled_documents_are_put_off_and_the_rest_is_stored(void**) {
  const InsertOutcome outcome = sorted_server_errors(16500, R"({"insertedCount": 1, "writeErrors": [
      {"index": 1, "code": 16500, "errmsg": "Error=16500, RetryAfterMs=34, Details='too much'"},
      {"index": 2, "code": 462, "errmsg": "slow down"}]})");
  assert_true(outcome.status.is_ok());
  assert_int_equal(outcome.refusals.size(), 2);
  for (const delivery::Refusal& refusal : outcome.refusals) {
    assert_true(refusal.kind == RefusalKind::kLater);
  }
  assert_int_equal(outcome.retry_after_ms, 34);
}

void a_command_that_is_throttled_whole_says_so(void**) {
  const InsertOutcome throttled =
      sorted_server_errors(16500, R"({"errmsg": "RetryAfterMs=99999999"})");
  assert_true(throttled.status.code() == StatusCode::kRetry && throttled.is_throttled);
  const InsertOutcome overloaded = sorted_server_errors(
      424242, R"({"errorLabels": ["RetryableError", "SystemOverloadedError"]})");
  assert_true(overloaded.status.code() == StatusCode::kRetry && overloaded.is_throttled);
  const InsertOutcome other =
      sorted_server_errors(91, R"({"errorLabels": ["RetryableWriteError"]})");
  assert_true(other.status.code() == StatusCode::kRetry && !other.is_throttled);
}

void unknown_codes_of_an_overloaded_server_are_put_off(void**) {
  const InsertOutcome outcome = sorted_server_errors(
      424242, R"({"insertedCount": 2, "writeErrors": [{"index": 1, "code": 424242, "errmsg": "m"}],
                  "errorLabels": ["SystemOverloadedError"]})");
  assert_true(outcome.refusals.at(0).kind == RefusalKind::kLater);
}

void a_write_concern_error_alone_makes_the_whole_batch_unknown(void**) {
  const InsertOutcome outcome =
      sorted(false, error_of(MONGOC_ERROR_WRITE_CONCERN, 64),
             R"({"insertedCount": 3, "writeConcernErrors": [{"code": 64, "errmsg": "waiting"}]})");
  assert_true(outcome.status.code() == StatusCode::kRetry);
  assert_non_null(strstr(outcome.status.message().c_str(), "waiting (code 64)"));
}

void a_write_concern_error_beside_duplicates_makes_the_whole_batch_unknown(void**) {
  const InsertOutcome outcome = sorted_server_errors(
      11000, R"({"insertedCount": 2, "writeErrors": [{"index": 0, "code": 11000, "errmsg": "d"}],
                 "writeConcernErrors": [{"code": 64, "errmsg": "waiting"}]})");
  assert_true(outcome.status.code() == StatusCode::kRetry);
  assert_int_equal(outcome.refusals.size(), 0);
}

void a_duplicate_key_is_known_by_its_index(void**) {
  const InsertOutcome outcome = sorted_server_errors(11000, R"({"insertedCount": 0, "writeErrors": [
      {"index": 0, "code": 11000,
       "errmsg": "E11000 duplicate key error collection: d.c index: _id_ dup key: { _id: 1 }"},
      {"index": 1, "code": 11000,
       "errmsg": "E11000 duplicate key error collection: d.c index: _id_x dup key: { x: 1 }"},
      {"index": 2, "code": 11000,
       "errmsg": "E11000 duplicate key error collection: d.c index: x_1 dup key: { x: \" index: _id_ dup\" }"}]})");
  assert_int_equal(outcome.refusals.size(), 3);
  assert_true(outcome.refusals[0].is_on_id);
  assert_false(outcome.refusals[1].is_on_id || outcome.refusals[2].is_on_id);
}

void errors_in_a_reply_count_though_the_driver_says_ok(void**) {
  const InsertOutcome refused =
      sorted(true, {},
             R"({"insertedCount": 2, "writeErrors": [{"index": 1, "code": 121, "errmsg": ""}]})");
  assert_true(refused.status.is_ok());
  assert_int_equal(refused.refusals.size(), 1);
  const InsertOutcome unconfirmed =
      sorted(true, {}, R"({"insertedCount": 3, "writeConcernErrors": [{"code": 100}]})");
  assert_true(unconfirmed.status.code() == StatusCode::kRetry);
}

void a_failure_without_a_code_is_sorted_by_its_documents(void**) {
  const InsertOutcome outcome =
      sorted(false, {},
             R"({"insertedCount": 2, "writeErrors": [{"index": 1, "code": 121, "errmsg": ""}]})");
  assert_true(outcome.status.is_ok());
  assert_int_equal(outcome.refusals.size(), 1);
  assert_true(sorted(false, {}, R"({"insertedCount": 3})").status.code() == StatusCode::kRetry);
}

void a_dropped_connection_makes_the_whole_batch_unknown_whatever_the_reply_says(void**) {
  const InsertOutcome outcome = sorted(
      false, error_of(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET),
      R"({"insertedCount": 2, "writeErrors": [{"index": 0, "code": 11000, "errmsg": "d"}]})");
  assert_true(outcome.status.code() == StatusCode::kRetry);
  assert_int_equal(outcome.refusals.size(), 0);
}

void what_passes_by_itself_is_tried_again(void**) {
  const struct {
    std::uint32_t domain;
    std::uint32_t code;
  } passing[] = {
      {MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE},
      {MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET},
      {MONGOC_ERROR_SERVER, 10107},
      {MONGOC_ERROR_SERVER, 11600},
      {MONGOC_ERROR_SERVER, 424242},
      // The same number in the driver's own domain isn't the server's Unauthorized.
      {MONGOC_ERROR_STREAM, 13},
  };
  for (const auto& error : passing) {
    const InsertOutcome outcome =
        sorted(false, error_of(error.domain, error.code), R"({"insertedCount": 0})");
    assert_true(outcome.status.code() == StatusCode::kRetry);
  }
}

void an_election_told_document_by_document_puts_the_batch_off(void**) {
  const InsertOutcome outcome = sorted_server_errors(
      121, R"({"insertedCount": 1, "writeErrors": [{"index": 1, "code": 121, "errmsg": "v"},
                                       {"index": 2, "code": 11602, "errmsg": "stepped down"}]})");
  assert_true(outcome.status.code() == StatusCode::kRetry);
  assert_int_equal(outcome.refusals.size(), 0);
}

void what_passes_told_document_by_document_puts_the_batch_off(void**) {
  for (const int code : {24, 46, 82, 202, 365}) {
    const std::string reply = R"({"insertedCount": 2, "writeErrors": [{"index": 1, "code": )" +
                              std::to_string(code) + R"(, "errmsg": "m"}]})";
    const InsertOutcome outcome =
        sorted_server_errors(static_cast<std::uint32_t>(code), reply.c_str());
    assert_true(outcome.status.code() == StatusCode::kRetry);
    assert_int_equal(outcome.refusals.size(), 0);
  }
}

void what_only_a_person_can_mend_is_refused_with_advice(void**) {
  const InsertOutcome unknown_user =
      sorted(false, error_of(MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE),
             R"({"insertedCount": 0})");
  assert_true(unknown_user.status.code() == StatusCode::kRefuse);
  assert_non_null(strstr(unknown_user.status.message().c_str(), "mongo_auth_source"));
  const InsertOutcome no_right = sorted_server_errors(13, R"({"insertedCount": 0})");
  assert_true(no_right.status.code() == StatusCode::kRefuse);
  assert_non_null(strstr(no_right.status.message().c_str(), "readWrite"));
  const InsertOutcome too_old =
      sorted(false, error_of(MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION),
             R"({"insertedCount": 0})");
  assert_true(too_old.status.code() == StatusCode::kRefuse);
}

std::string message_of_selection(const char* said) {
  const bson_error_t error =
      error_of(MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE, said);
  const Status status = sort_command(error, "insert");
  assert_true(status.code() == StatusCode::kRetry);
  return std::string(status.message());
}

// The words of libmongoc 1.23 and 2.5, and of OpenSSL.
void what_fails_on_the_way_to_a_server_comes_with_advice(void**) {
  const struct {
    const char* said;
    const char* advice;
  } cases[] = {
      {"[Failed to resolve 'db']", "check the host name"},
      {"[connection refused calling hello on 'h:1']", "nothing is listening there"},
      {"[TLS handshake failed: certificate verify failed (9)]", "; check mongo_tls_ca_file, and"},
      {"[TLS handshake failed: certificate verify failed (10): certificate has expired]", "clock"},
      {"[TLS handshake failed: certificate verify failed (62): hostname mismatch]", "another host"},
      {"[TLS handshake failed: certificate verify failed (64): IP address mismatch]",
       "another host"},
      {"[TLS handshake failed: certificate verify failed (20): unable to get local issuer "
       "certificate]",
       "isn't signed by an authority"},
      {"[TLS handshake failed: certificate verify failed (18): self-signed certificate]",
       "isn't signed by an authority"},
      {"[Failed initialize TLS state.]", "; check that the files of mongo_tls_ca_file"},
      {"[Failed to read 4 bytes: socket error or timeout]", "mongo_tls_certificate_key_file"},
      {"[Server closed connection. calling hello on 'h:1']", "it may require TLS"},
      {"[socket timeout calling hello on 'h:1']", "only one side uses TLS"},
      {"[TLS handshake timed out.]", "only one side uses TLS"},
      {"", "no server that answered is the primary of the set (replicaSet in mongo_uri)"},
  };
  for (const auto& example : cases) {
    const std::string message =
        message_of_selection((std::string("No suitable servers found: ") + example.said).c_str());
    if (message.find(example.advice) == std::string::npos) print_error("%s\n", message.c_str());
    assert_true(message.find(example.advice) != std::string::npos);
  }
  const std::string refused = message_of_selection("connection refused");
  assert_null(strstr(refused.c_str(), "mongo_tls"));
}

void an_index_that_was_not_sent_is_not_believed(void**) {
  for (const char* index : {"3", "-1", "1e18", "\"0\""}) {
    const std::string reply = R"({"insertedCount": 2, "writeErrors": [{"index": )" +
                              std::string(index) + R"(, "code": 121, "errmsg": "m"}]})";
    const InsertOutcome outcome = sorted_server_errors(121, reply.c_str());
    assert_true(outcome.status.code() == StatusCode::kRetry);
    assert_int_equal(outcome.refusals.size(), 0);
  }
}

void a_reply_that_does_not_account_for_each_document_is_not_believed(void**) {
  assert_true(sorted(true, {}, R"({"insertedCount": 2})").status.code() == StatusCode::kRetry);
  assert_true(sorted(true, {}, R"({})").status.code() == StatusCode::kRetry);
  const InsertOutcome twice = sorted_server_errors(
      121, R"({"insertedCount": 1, "writeErrors": [{"index": 1, "code": 121, "errmsg": "m"},
                                                   {"index": 1, "code": 121, "errmsg": "m"}]})");
  assert_true(twice.status.code() == StatusCode::kRetry);
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(all_inserted_is_ok),
      cmocka_unit_test(duplicate_keys_are_named_one_by_one_and_the_rest_is_stored),
      cmocka_unit_test(each_document_is_sorted_by_its_own_code),
      cmocka_unit_test(a_code_that_means_the_document_puts_it_at_fault),
      cmocka_unit_test(throttled_documents_are_put_off_and_the_rest_is_stored),
      cmocka_unit_test(a_command_that_is_throttled_whole_says_so),
      cmocka_unit_test(unknown_codes_of_an_overloaded_server_are_put_off),
      cmocka_unit_test(a_write_concern_error_alone_makes_the_whole_batch_unknown),
      cmocka_unit_test(a_write_concern_error_beside_duplicates_makes_the_whole_batch_unknown),
      cmocka_unit_test(a_duplicate_key_is_known_by_its_index),
      cmocka_unit_test(errors_in_a_reply_count_though_the_driver_says_ok),
      cmocka_unit_test(a_failure_without_a_code_is_sorted_by_its_documents),
      cmocka_unit_test(a_dropped_connection_makes_the_whole_batch_unknown_whatever_the_reply_says),
      cmocka_unit_test(what_passes_by_itself_is_tried_again),
      cmocka_unit_test(an_election_told_document_by_document_puts_the_batch_off),
      cmocka_unit_test(what_passes_told_document_by_document_puts_the_batch_off),
      cmocka_unit_test(what_only_a_person_can_mend_is_refused_with_advice),
      cmocka_unit_test(what_fails_on_the_way_to_a_server_comes_with_advice),
      cmocka_unit_test(an_index_that_was_not_sent_is_not_believed),
      cmocka_unit_test(a_reply_that_does_not_account_for_each_document_is_not_believed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
