// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logger.h"
#include "base/status.h"
#include "delivery/dead_letter_log.h"
#include "delivery/delivery_counters.h"
#include "delivery/lane.h"
#include "delivery/open_batch.h"
#include "delivery/outage.h"
#include "delivery/sink.h"
#include "delivery/stop_signal.h"
#include "delivery/verdict.h"
#include "journal/attempt_marks.h"
#include "journal/kept_payloads.h"

namespace mongo_store::delivery {

// What the delivery threads share.
struct SharedState {
  StopSignal& stop;
  Outage& documents_outage;
  Outage& dead_letters_outage;
  Outage& read_backs_outage;
  Outage& throttling;
  DeadLetterLog& dead_letter_log;
  DeliveryCounters& counters;
  Logger& logger;
  journal::AttemptMarks& attempts;
  journal::KeptPayloads& kept_payloads;
  const Clock& clock;
};

// Brings batches to the sink until each of their records is settled: stored as a document, or
// stored as a dead letter. One delivery thread; session and shared state outlive it.
//
// The way of a record: open_spare() encodes it and puts it into the lane of its collection; work()
// sends what is due, judges the answer document by document, and settles what is stored. What isn't
// stored yet waits in a lane, and its batch stays open; other documents, and other batches, go on.
// So that this is bounded, no batch is opened while has_room() is false.
//
// Should a call throw (no memory), begin_again() sends everything anew that isn't settled; the
// database's answer tells what was stored already.
class BatchDelivery {
 public:
  struct Settings {
    Lanes::Settings lanes;
    std::size_t slot = 0;  // the thread's, in the attempt marks
  };
  // No batch is opened while so many documents wait for their turn to be inserted, as in an outage,
  // or so many for a verdict, a read-back or a time of their own, or so many bytes of records and
  // documents are open.
  static constexpr std::size_t kReadyMax = 1000;
  static constexpr std::size_t kUnsettledMax = 10'000;
  static constexpr std::size_t kOpenBytesMax = std::size_t{16} << 20;

  BatchDelivery(Settings settings, SinkSession& session, SharedState& shared);

  // Where the next batch is to be read to.
  OpenBatch& spare() { return batches_.spare(); }
  // Takes over what was read there. False: stopped while its delivery context couldn't be read.
  bool open_spare();
  bool has_room();
  // Nothing waits for its turn to be inserted.
  bool is_idle() const { return lanes_.ready_to_insert() == 0; }
  // One call to the sink for each lane that is due.
  void work();
  // How long until a lane is due; 0: one is now. A second where nothing waits.
  std::int64_t wait_ms() const;
  // A batch whose records are all settled; valid until the next spare(). Null: none.
  OpenBatch* close_settled() { return batches_.close_settled(); }
  // A stop is near. Once.
  void hurry() { lanes_.hurry(); }
  bool begin_again();

 private:
  // batch_delivery.cc: encode, send, judge, settle.
  bool encode(OpenBatch& batch);
  bool is_within_bounds() const;
  void compact(const OpenBatch* without);
  void insert(Lane& lane);
  void judge_answer(Lane& lane, std::span<PendingDocument> run, InsertOutcome& outcome,
                    const Inserted& before);
  Verdict judge(Lane& lane, PendingDocument& document, const Refusal& refusal,
                const Evidence& evidence);
  void settle(PendingDocument& document, std::uint64_t journal::SettledCounts::*count);
  void make_dead_letter(PendingDocument& document, message::RejectionCode code,
                        std::string sentence);
  void after_failure(Lane& lane, std::size_t sent, const InsertOutcome& outcome);
  void after_throttling(Lane& lane, std::size_t passed, const InsertOutcome& outcome);
  void after_passing(Lane& lane);

  // batch_read_back.cc: a duplicate key is read back.
  void read_back(Lane& lane);
  void judge_found(PendingDocument& document, Kind kind, ByteView stored);
  void judge_absent(Lane& lane, PendingDocument& document);
  void after_failed_read_back(Lane& lane, std::span<PendingDocument> run, const Status& why);

  // batch_closings.cc: the server closes the connection instead of answering.
  void after_closing(Lane& lane, std::span<PendingDocument> run, const InsertOutcome& outcome,
                     const Inserted& before);
  std::optional<bool> is_first_stored(const Lane& lane, std::span<const PendingDocument> run);
  void judge_closed_on(Lane& lane, PendingDocument document);
  void make_bare(Lane& lane, PendingDocument document);
  void log_closing(const Lane& lane, std::size_t sent);

  Lane& lane_beside(const Lane& lane, Lane::Call call);
  Target target_of(const PendingDocument& document, Kind kind) const;
  void fill_views(std::span<const PendingDocument> run);
  std::int64_t now_ms() const { return shared_.clock.monotonic_ms(); }
  Inserted inserted() const;
  Outage& outage(Kind kind);
  void log_refused(Lane& lane, std::size_t waiting, std::size_t sent, std::int32_t code,
                   std::string_view message);
  void log_refused_settled(Lane& lane);

  const Settings settings_;
  SinkSession& session_;
  SharedState& shared_;
  OpenBatches batches_;
  Lanes lanes_;
  std::vector<ByteView> views_;         // of the run that is sent
  std::vector<PendingDocument> again_;  // of that run, what goes back to the front of its lane
  std::optional<std::int64_t> closing_logged_ms_;
  bool is_keeping_failure_logged_ = false;
};

std::string_view name_of(Kind kind);
std::string refusal_sentence(std::int32_t code, std::string_view message);

}  // namespace mongo_store::delivery
