// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "delivery/verdict.h"

#include "tests/support/cmocka.h"

namespace mongo_store::delivery {
namespace {

constexpr std::int64_t kNowMs = 1'000'000;

// The document's history, the refusal, how many others were inserted since its first refusal, and
// the verdict.
struct RefusalCase {
  const char* says;
  Kind kind;
  RefusalKind refusal;
  int refusals_before;
  std::int64_t first_refusal_ms_ago;
  std::uint64_t inserted_since;
  Verdict verdict;
};

constexpr int kEnough = kUnclearRefusalsMax - 1;

constexpr RefusalCase kRefusals[] = {
    {"a duplicate key", Kind::kDocument, RefusalKind::kDuplicateKey, 0, 0, 0, Verdict::kReadBack},
    {"a dead letter's duplicate key", Kind::kDeadLetter, RefusalKind::kDuplicateKey, 0, 0, 0,
     Verdict::kReadBack},
    {"throttled for hours", Kind::kDocument, RefusalKind::kLater, 100, 10 * kUnclearMsMin, 100,
     Verdict::kWhenAsked},
    {"the document's fault", Kind::kDocument, RefusalKind::kDocumentAtFault, 0, 0, 0,
     Verdict::kDeadLetter},
    {"a dead letter's fault", Kind::kDeadLetter, RefusalKind::kDocumentAtFault, 100,
     10 * kUnclearMsMin, 100, Verdict::kWait},
    {"unclear, the first time", Kind::kDocument, RefusalKind::kUnclear, 0, 0, 100, Verdict::kWait},
    {"unclear, often and soon", Kind::kDocument, RefusalKind::kUnclear, 100, kUnclearMsMin - 1, 100,
     Verdict::kWait},
    {"unclear, seldom and long", Kind::kDocument, RefusalKind::kUnclear, kEnough - 1,
     10 * kUnclearMsMin, 100, Verdict::kWait},
    {"unclear, while nothing is inserted", Kind::kDocument, RefusalKind::kUnclear, 100,
     10 * kUnclearMsMin, 0, Verdict::kWait},
    {"unclear, often, long, while others are inserted", Kind::kDocument, RefusalKind::kUnclear,
     kEnough, kUnclearMsMin, 1, Verdict::kDeadLetter},
    {"the same with a dead letter", Kind::kDeadLetter, RefusalKind::kUnclear, kEnough,
     kUnclearMsMin, 1, Verdict::kWait},
};

void refusals_are_judged_by_the_table(void**) {
  for (const RefusalCase& one : kRefusals) {
    Tries tries;
    tries.refusals = one.refusals_before;
    tries.first_refusal_ms = kNowMs - one.first_refusal_ms_ago;
    const Inserted before{1000, 0};
    if (one.refusals_before > 0) tries.inserted_before_refusal = before;
    const Evidence evidence{kNowMs, {before.documents + one.inserted_since, 50}, before};
    const Verdict verdict =
        judge_refusal(one.kind, {0, one.refusal, 1, "", false, false}, tries, evidence);
    if (verdict != one.verdict) print_error("%s\n", one.says);
    assert_true(verdict == one.verdict);
  }
}

struct ClosingCase {
  const char* says;
  Kind kind;
  int closings_before;
  Inserted since;
  Verdict verdict;
};

constexpr int kLast = kClosingsOfOneMax - kClosingsOfOne;

constexpr ClosingCase kClosings[] = {
    {"nothing is inserted", Kind::kDocument, 0, {0, 0}, Verdict::kWait},
    {"dead letters are inserted", Kind::kDocument, 0, {0, 9}, Verdict::kWait},
    {"documents are inserted", Kind::kDocument, 0, {1, 0}, Verdict::kDeadLetter},
    {"nothing is inserted for long", Kind::kDocument, kLast, {0, 0}, Verdict::kDeadLetter},
    {"on a dead letter, documents are inserted", Kind::kDeadLetter, 0, {9, 0}, Verdict::kWait},
    {"on a dead letter, dead letters are inserted", Kind::kDeadLetter, 0, {0, 1}, Verdict::kBare},
    {"on a dead letter, documents are inserted, for long",
     Kind::kDeadLetter,
     kLast,
     {1, 0},
     Verdict::kBare},
    {"on a dead letter, nothing is inserted for long",
     Kind::kDeadLetter,
     kLast,
     {0, 0},
     Verdict::kWait},
};

void closings_are_judged_by_the_table(void**) {
  for (const ClosingCase& one : kClosings) {
    Tries tries;
    tries.closings = one.closings_before;
    tries.inserted_before_closing = {1000, 1000};
    const Evidence evidence{
        kNowMs, {1000 + one.since.documents, 1000 + one.since.dead_letters}, {}};
    const Verdict verdict = judge_closings(one.kind, tries, evidence);
    if (verdict != one.verdict) print_error("%s\n", one.says);
    assert_true(verdict == one.verdict);
    assert_int_equal(tries.closings, one.closings_before + kClosingsOfOne);
  }
}

void an_absent_duplicate_means_another_index_unless_the_id_is_named(void**) {
  Tries other_index;
  assert_true(judge_absent_duplicate(Kind::kDocument, other_index) == Verdict::kDeadLetter);
  Tries dead_letter;
  assert_true(judge_absent_duplicate(Kind::kDeadLetter, dead_letter) == Verdict::kWait);
  Tries on_id;
  on_id.is_duplicate_on_id = true;
  for (int i = 1; i < kUnconfirmedMax; ++i) {
    assert_true(judge_absent_duplicate(Kind::kDocument, on_id) == Verdict::kWait);
  }
  assert_true(judge_absent_duplicate(Kind::kDocument, on_id) == Verdict::kDeadLetter);
}

void an_unreadable_duplicate_waits_a_minute_for_the_right(void**) {
  Tries tries;
  assert_true(judge_unreadable(Kind::kDocument, tries, kNowMs) == Verdict::kWait);
  assert_true(judge_unreadable(Kind::kDocument, tries, kNowMs + kUnclearMsMin - 1) ==
              Verdict::kWait);
  assert_true(judge_unreadable(Kind::kDocument, tries, kNowMs + kUnclearMsMin) ==
              Verdict::kDeadLetter);
  assert_true(judge_unreadable(Kind::kDeadLetter, tries, kNowMs + kUnclearMsMin) == Verdict::kWait);
}

}  // namespace
}  // namespace mongo_store::delivery

int main() {
  using namespace mongo_store::delivery;
  const CMUnitTest tests[] = {
      cmocka_unit_test(refusals_are_judged_by_the_table),
      cmocka_unit_test(closings_are_judged_by_the_table),
      cmocka_unit_test(an_absent_duplicate_means_another_index_unless_the_id_is_named),
      cmocka_unit_test(an_unreadable_duplicate_waits_a_minute_for_the_right),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
