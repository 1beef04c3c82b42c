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

// The objects that all delivery threads share.
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

// Sends batches to the sink until each of their records is settled, that is, stored as a document
// or as a dead letter. Used by one delivery thread. The session and the shared state must outlive
// it.
//
// open_spare() encodes each record and puts it into the lane of its collection. work() sends the
// documents that are due, judges the answer for each document, and settles the stored ones. A
// document that isn't stored yet waits in a lane and its batch stays open, while other documents
// and batches go on. To bound the memory, callers must not open a batch while has_room() is false.
//
// Calls throw std::bad_alloc. begin_again() then sends everything again that isn't settled; the
// database's answers tell which documents were stored already.
class BatchDelivery {
 public:
  struct Settings {
    Lanes::Settings lanes;
    std::size_t slot = 0;  // the thread's slot in the attempt marks
  };
  // has_room() is false if one of these is reached.
  static constexpr std::size_t kReadyMax = 1000;        // documents due for an insert
  static constexpr std::size_t kUnsettledMax = 10'000;  // documents that wait for any reason
  static constexpr std::size_t kOpenBytesMax = std::size_t{16} << 20;  // of records and documents

  BatchDelivery(Settings settings, SinkSession& session, SharedState& shared);

  // The buffer for the next batch; the caller reads the batch into it.
  OpenBatch& spare() { return batches_.spare(); }
  // Opens the batch that was read into spare(). If its delivery context can't be read, tries again
  // until it can. False: a stop ended that.
  bool open_spare();
  bool has_room();
  // Whether no document is due for an insert.
  bool is_idle() const { return lanes_.ready_to_insert() == 0; }
  // Makes one call to the sink for each lane that is due. Blocks as long as those calls do.
  void work();
  // How long until a lane is due: 0 if one is due now, at most one second.
  std::int64_t wait_ms() const;
  // Closes one batch whose records are all settled. It is valid until the next spare(). Null: there
  // is none.
  OpenBatch* close_settled() { return batches_.close_settled(); }
  // Ends all pauses and keeps later ones short, because a stop is near. Later calls do nothing.
  void hurry() { lanes_.hurry(); }
  // After an exception: encodes and sends all unsettled records again. False: as in open_spare().
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

  // batch_read_back.cc: read back after a duplicate key.
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
  std::vector<ByteView> views_;         // of the run that is being sent
  std::vector<PendingDocument> again_;  // documents of that run that return to the lane's front
  std::optional<std::int64_t> closing_logged_ms_;
  bool is_keeping_failure_logged_ = false;
};

std::string_view name_of(Kind kind);
std::string refusal_sentence(std::int32_t code, std::string_view message);

}  // namespace mongo_store::delivery
