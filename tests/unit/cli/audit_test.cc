// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/audit.h"

#include <cstdint>
#include <string>

#include "cli/audit_text.h"
#include "tests/support/cmocka.h"

namespace mongo_store::cli {
namespace {

constexpr bool kAcknowledged = true;

// An audit of device "d" and gateway "g".
class Bench {
 public:
  explicit Bench(bool has_message_ids = false) : audit(has_message_ids) {}

  void sent(std::uint64_t sequence, bool is_acknowledged, std::uint32_t sends = 1) {
    audit.add_line({"d", sequence, is_acknowledged, sends, false});
  }
  void stored(std::uint64_t sequence, int times = 1, const std::string& gateway = "g") {
    for (int i = 0; i < times; ++i) audit.add_document({"d", sequence, gateway});
  }
  void dead_lettered(std::uint64_t sequence) { audit.add_dead_letter({"d", sequence, "g"}); }

  Audit audit;
};

ObjectId id_of_number(std::uint8_t number) {
  ObjectId id;
  id.bytes.back() = static_cast<std::byte>(number);
  return id;
}

void assert_found(const AuditFinding& finding, std::uint64_t sequence) {
  assert_int_equal(finding.count, 1);
  assert_int_equal(finding.examples.size(), 1);
  assert_string_equal(finding.examples[0].device.c_str(), "d");
  assert_true(finding.examples[0].sequence == sequence);
}

void assert_nothing_found(const AuditReport& report) {
  assert_int_equal(report.missing.count, 0);
  assert_int_equal(report.doubled.count, 0);
  assert_int_equal(report.doubled_by_resend.count, 0);
  assert_int_equal(report.unexpected.count, 0);
  assert_int_equal(report.out_of_order.count, 0);
  assert_int_equal(report.dead_lettered.count, 0);
}

void each_acknowledged_message_stored_once_passes(void**) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    bench.sent(i, !kAcknowledged);
    bench.sent(i, kAcknowledged);
    bench.stored(i);
  }
  const AuditReport report = bench.audit.report();
  assert_nothing_found(report);
  assert_true(report.is_passed());
  assert_int_equal(report.devices, 1);
  assert_int_equal(report.messages, 3);
  assert_int_equal(report.acknowledged, 3);
  assert_int_equal(report.documents, 3);
  assert_int_equal(report.stored, 3);
  assert_true(report.is_order_checked);
}

void acknowledged_and_neither_stored_nor_dead_lettered_is_missing(void**) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 4; ++i) bench.sent(i, i != 4);
  bench.stored(1);
  bench.dead_lettered(2);
  const AuditReport report = bench.audit.report();
  assert_found(report.missing, 3);
  assert_found(report.dead_lettered, 2);
  assert_int_equal(report.absent_unacknowledged, 1);
  assert_int_equal(report.dead_letters, 1);
  assert_false(report.is_passed());
}

void a_line_that_comes_later_takes_no_acknowledgement_back(void**) {
  Bench bench;
  bench.sent(1, kAcknowledged);
  bench.sent(1, !kAcknowledged);
  assert_found(bench.audit.report().missing, 1);
}

void what_is_stored_without_an_acknowledgement_is_counted_and_passes(void**) {
  Bench bench;
  bench.sent(1, !kAcknowledged);
  bench.stored(1);
  const AuditReport report = bench.audit.report();
  assert_nothing_found(report);
  assert_int_equal(report.stored_unacknowledged, 1);
  assert_int_equal(report.acknowledged, 0);
  assert_true(report.is_passed());
}

void two_documents_of_what_was_sent_once_are_doubled(void**) {
  for (const bool is_acknowledged : {true, false}) {
    Bench bench;
    bench.sent(1, is_acknowledged);
    bench.stored(1, 2);
    const AuditReport report = bench.audit.report();
    assert_found(report.doubled, 1);
    assert_int_equal(report.doubled.examples[0].documents, 2);
    assert_int_equal(report.doubled_by_resend.count, 0);
    assert_int_equal(report.stored, 1);
    assert_int_equal(report.documents, 2);
    assert_false(report.is_passed());
  }
}

void as_many_documents_as_it_was_sent_are_doubled_by_resend(void**) {
  Bench bench;
  bench.sent(1, !kAcknowledged, 1);
  bench.sent(1, !kAcknowledged, 3);
  bench.sent(1, kAcknowledged, 2);
  bench.stored(1, 3);
  AuditReport report = bench.audit.report();
  assert_found(report.doubled_by_resend, 1);
  assert_int_equal(report.doubled.count, 0);
  assert_true(report.is_passed());
  bench.stored(1);
  report = bench.audit.report();
  assert_found(report.doubled, 1);
  assert_int_equal(report.doubled_by_resend.count, 0);
}

void with_message_ids_any_second_document_is_doubled(void**) {
  Bench flag(true);
  flag.sent(1, kAcknowledged, 2);
  flag.stored(1, 2);
  assert_found(flag.audit.report().doubled, 1);
  Bench line;
  line.audit.add_line({"d", 1, kAcknowledged, 2, true});
  line.sent(2, kAcknowledged, 2);
  line.stored(1, 2);
  line.stored(2, 2);
  assert_found(line.audit.report().doubled, 1);
  assert_found(line.audit.report().doubled_by_resend, 2);
}

void a_document_and_a_dead_letter_of_one_message_are_two(void**) {
  Bench once;
  once.sent(1, kAcknowledged);
  once.stored(1);
  once.dead_lettered(1);
  assert_found(once.audit.report().doubled, 1);
  Bench resent;
  resent.sent(1, kAcknowledged, 2);
  resent.stored(1);
  resent.dead_lettered(1);
  assert_found(resent.audit.report().doubled_by_resend, 1);
  Bench with_id(true);
  with_id.sent(1, kAcknowledged, 2);
  with_id.stored(1);
  with_id.dead_lettered(1);
  assert_found(with_id.audit.report().doubled, 1);
}

void a_resend_may_make_a_second_dead_letter_even_with_a_message_id(void**) {
  Bench bench(true);
  bench.sent(1, kAcknowledged, 2);
  bench.dead_lettered(1);
  bench.dead_lettered(1);
  const AuditReport report = bench.audit.report();
  assert_found(report.doubled_by_resend, 1);
  assert_true(report.is_passed());
  bench.dead_lettered(1);
  assert_found(bench.audit.report().doubled, 1);
}

void what_no_ledger_has_is_unexpected_and_passes(void**) {
  Bench bench;
  bench.sent(1, !kAcknowledged);
  bench.stored(2);
  bench.audit.add_document({"e", 1, "g"});
  bench.audit.add_document({"d", std::nullopt, "g"});
  bench.dead_lettered(7);
  bench.audit.add_dead_letter({"", std::nullopt, "g"});
  const AuditReport report = bench.audit.report();
  assert_int_equal(report.unexpected.count, 5);
  assert_int_equal(report.unexpected.examples.size(), 5);
  assert_string_equal(report.unexpected.examples[1].device.c_str(), "e");
  assert_int_equal(report.stored, 0);
  assert_int_equal(report.documents, 3);
  assert_int_equal(report.dead_letters, 2);
  assert_true(report.is_passed());
}

void a_document_behind_a_later_message_is_out_of_order(void**) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 3; ++i) bench.sent(i, kAcknowledged);
  bench.stored(1);
  bench.stored(3);
  bench.stored(2);
  const AuditReport report = bench.audit.report();
  assert_found(report.out_of_order, 2);
  assert_true(report.is_passed());
}

void order_holds_for_each_device_and_gateway_by_itself(void**) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 3; ++i) bench.sent(i, kAcknowledged);
  bench.audit.add_line({"e", 1, kAcknowledged, 1, false});
  bench.stored(1);
  bench.stored(3, 1, "other");
  bench.stored(2);
  bench.audit.add_document({"e", 1, "other"});
  assert_nothing_found(bench.audit.report());
}

void a_message_that_was_sent_again_may_come_later(void**) {
  Bench bench;
  bench.sent(1, kAcknowledged, 2);
  bench.sent(2, kAcknowledged, 2);
  bench.sent(3, kAcknowledged);
  bench.stored(2);
  bench.stored(1);
  bench.stored(2);
  bench.stored(3);
  const AuditReport report = bench.audit.report();
  assert_int_equal(report.out_of_order.count, 0);
  assert_found(report.doubled_by_resend, 2);
}

void a_second_document_is_doubled_and_not_out_of_order(void**) {
  Bench bench;
  bench.sent(1, kAcknowledged);
  bench.sent(2, kAcknowledged);
  bench.stored(1);
  bench.stored(2);
  bench.stored(1);
  const AuditReport report = bench.audit.report();
  assert_found(report.doubled, 1);
  assert_int_equal(report.out_of_order.count, 0);
}

void order_is_not_checked_with_message_ids(void**) {
  Bench bench(true);
  bench.sent(1, kAcknowledged);
  bench.sent(2, kAcknowledged);
  bench.stored(2);
  bench.stored(1);
  const AuditReport report = bench.audit.report();
  assert_int_equal(report.out_of_order.count, 0);
  assert_false(report.is_order_checked);
}

void examples_are_bounded_and_counts_are_not(void**) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 25; ++i) bench.sent(i, kAcknowledged);
  const AuditReport report = bench.audit.report();
  assert_int_equal(report.missing.count, 25);
  assert_int_equal(report.missing.examples.size(), AuditFinding::kExamplesMax);
  assert_true(report.missing.examples[9].sequence == 10);
}

void text_and_json_hold_the_same_counts(void**) {
  Bench bench;
  bench.sent(1, kAcknowledged);
  bench.sent(2, kAcknowledged);
  bench.stored(2, 2);
  bench.audit.add_document({"x\n", std::nullopt, "g"});
  const LedgerFiles files{2, 9, 1};
  const std::string lines = audit_text(bench.audit.report(), files);
  assert_string_equal(lines.c_str(),
                      "ledgers                 2\n"
                      "lines                   9\n"
                      "cut lines               1\n"
                      "devices                 1\n"
                      "messages                2\n"
                      "acknowledged            2\n"
                      "documents               3\n"
                      "dead letters            0\n"
                      "stored                  1\n"
                      "stored unacknowledged   0\n"
                      "absent unacknowledged   0\n"
                      "missing                 1\n"
                      "doubled                 1\n"
                      "doubled by resend       0\n"
                      "unexpected              1\n"
                      "out of order            0\n"
                      "dead lettered           0\n"
                      "missing: device d, sequence 1: sends 1, documents 0, dead letters 0\n"
                      "doubled: device d, sequence 2: sends 1, documents 2, dead letters 0\n"
                      "unexpected: device x\\x0a, no sequence: sends 0, documents 1, "
                      "dead letters 0\n"
                      "failed\n");
  assert_string_equal(
      audit_json(bench.audit.report(), files).c_str(),
      "{\"passed\":false,\"ledgers\":2,\"lines\":9,\"cut_lines\":1,\"devices\":1,\"messages\":2,"
      "\"acknowledged\":2,\"documents\":3,\"dead_letters\":0,\"stored\":1,"
      "\"stored_unacknowledged\":0,\"absent_unacknowledged\":0,\"missing\":1,\"doubled\":1,"
      "\"doubled_by_resend\":0,\"unexpected\":1,\"out_of_order\":0,\"dead_lettered\":0,"
      "\"order_checked\":true,\"examples\":{"
      "\"missing\":[{\"device\":\"d\",\"sequence\":1,\"sends\":1,\"documents\":0,"
      "\"dead_letters\":0}],"
      "\"doubled\":[{\"device\":\"d\",\"sequence\":2,\"sends\":1,\"documents\":2,"
      "\"dead_letters\":0}],"
      "\"doubled_by_resend\":[],"
      "\"unexpected\":[{\"device\":\"x\\n\",\"sequence\":null,\"sends\":0,\"documents\":1,"
      "\"dead_letters\":0}],"
      "\"out_of_order\":[],\"dead_lettered\":[]}}\n");
}

// A server without an order shows them in its own.
void order_is_that_of_the_ids_whichever_came_first(void**) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 3; ++i) bench.sent(i, kAcknowledged);
  for (const std::uint8_t number : {3, 1, 2}) {
    bench.audit.add_document({"d", number, "g", id_of_number(number)});
  }
  assert_nothing_found(bench.audit.report());

  Bench swapped;
  for (std::uint64_t i = 1; i <= 2; ++i) swapped.sent(i, kAcknowledged);
  swapped.audit.add_document({"d", 1, "g", id_of_number(9)});
  swapped.audit.add_document({"d", 2, "g", id_of_number(8)});
  assert_found(swapped.audit.report().out_of_order, 1);
}

}  // namespace
}  // namespace mongo_store::cli

int main() {
  using namespace mongo_store::cli;
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_acknowledged_message_stored_once_passes),
      cmocka_unit_test(acknowledged_and_neither_stored_nor_dead_lettered_is_missing),
      cmocka_unit_test(a_line_that_comes_later_takes_no_acknowledgement_back),
      cmocka_unit_test(what_is_stored_without_an_acknowledgement_is_counted_and_passes),
      cmocka_unit_test(two_documents_of_what_was_sent_once_are_doubled),
      cmocka_unit_test(as_many_documents_as_it_was_sent_are_doubled_by_resend),
      cmocka_unit_test(with_message_ids_any_second_document_is_doubled),
      cmocka_unit_test(a_document_and_a_dead_letter_of_one_message_are_two),
      cmocka_unit_test(a_resend_may_make_a_second_dead_letter_even_with_a_message_id),
      cmocka_unit_test(what_no_ledger_has_is_unexpected_and_passes),
      cmocka_unit_test(a_document_behind_a_later_message_is_out_of_order),
      cmocka_unit_test(order_holds_for_each_device_and_gateway_by_itself),
      cmocka_unit_test(a_message_that_was_sent_again_may_come_later),
      cmocka_unit_test(a_second_document_is_doubled_and_not_out_of_order),
      cmocka_unit_test(order_is_not_checked_with_message_ids),
      cmocka_unit_test(examples_are_bounded_and_counts_are_not),
      cmocka_unit_test(text_and_json_hold_the_same_counts),
      cmocka_unit_test(order_is_that_of_the_ids_whichever_came_first),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
