// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/logger.h"
#include "base/status.h"
#include "delivery/backoff.h"
#include "delivery/delivery_counters.h"
#include "delivery/encoded_batch.h"
#include "delivery/outage.h"
#include "delivery/sink.h"
#include "delivery/stop_signal.h"
#include "journal/attempt_marks.h"
#include "journal/kept_payloads.h"
#include "journal/reader.h"

namespace mongo_store::delivery {

// What the delivery threads share.
struct Shared {
  StopSignal& stop;
  Outage& documents_outage;
  Outage& dead_letters_outage;
  DeliveryCounters& counters;
  Logger& logger;
  journal::AttemptMarks& attempts;
  journal::KeptPayloads& kept_payloads;
  const Clock& clock;
};

// Brings one batch after the other to the sink until each of its records is settled: stored as a
// document, or stored as a dead letter. A failure of the whole is tried again for as long as it
// takes; a document that is refused for its own sake becomes a dead letter; a dead letter that is
// refused stays, and is tried again. What a server that is there closes the connection on is
// halved, until the one document is found that it is closed on. One delivery thread; session and
// shared outlive it.
class BatchDelivery {
 public:
  struct Settings {
    std::size_t documents_max = 1000;
    std::size_t bytes_max = std::size_t{4} << 20;
    std::int64_t retry_min_ms = 100;
    std::int64_t retry_max_ms = 10'000;
    std::uint32_t seed = 1;
    std::size_t slot = 0;  // the thread's, in the attempt marks
  };

  BatchDelivery(Settings settings, SinkSession& session, Shared& shared);

  // True: every record is settled, as `counts` says. False: stopped before.
  bool deliver(const journal::ReadBatch& batch, journal::SettledCounts& counts);

 private:
  enum class Kind { kDocument, kDeadLetter };
  enum class Sent {
    kAnswered,
    kClosedOn,  // again and again, by a server that answers otherwise
    kStopped,
  };
  enum class ReadBack { kNoAnswer, kAbsent, kFound };

  // Each of these returns false when the delivery is stopped before it is done.
  bool encode(const journal::ReadBatch& batch);
  bool send_all(Kind kind);
  bool send_first(Kind kind, std::vector<Outgoing>& waiting);
  bool send_run(Kind kind, std::span<const Outgoing> sent, std::vector<Outgoing>& again);
  bool send_halves(Kind kind, std::span<const Outgoing> sent, std::vector<Outgoing>& again);
  Sent insert(Kind kind, std::span<const Outgoing> sent, std::vector<Refusal>& refusals);
  bool find_stored(Kind kind, std::span<const Outgoing> sent, std::vector<ByteBuffer>& stored);
  bool resolve(Kind kind, std::span<const Outgoing> sent, std::span<const Refusal> refusals,
               std::vector<Outgoing>& again);
  bool resolve_duplicates(Kind kind, std::span<const Outgoing> duplicates,
                          std::vector<Outgoing>& again);
  bool send_alone(Kind kind, const Outgoing& outgoing, std::vector<Outgoing>& again);
  bool resolve_alone(Kind kind, const Outgoing& outgoing, const Refusal& refusal,
                     std::vector<Outgoing>& again);
  bool wait_after(Kind kind, const Status& why);
  void begin_closings();
  ReadBack read_first_back(Kind kind, std::span<const Outgoing> sent);
  bool is_at_fault(Kind kind, const Outgoing& outgoing) const;
  void give_up(Kind kind, Outgoing outgoing, std::vector<Outgoing>& again);
  Outgoing without_payload(const Outgoing& dead_letter);

  std::size_t first_run(Kind kind, const std::vector<Outgoing>& waiting) const;
  Target target_of(Kind kind, const Outgoing& outgoing) const;
  void fill_views(std::span<const Outgoing> sent);
  void take(Kind kind, std::size_t count);
  void count_settled(Kind kind, std::size_t count);
  void settle_duplicate();
  void settle_found(Kind kind, const Outgoing& outgoing, ByteView stored);
  void refuse(Kind kind, Outgoing outgoing, const Refusal& refusal, std::vector<Outgoing>& again);
  bool is_final(Outgoing& outgoing, const Refusal& refusal) const;
  void dead_letter(const Outgoing& outgoing, message::RejectionCode code, std::string sentence);
  void tell_refused(Kind kind, std::size_t refused, std::size_t sent, const Refusal& refusal);
  void tell_refused_settled(Kind kind);
  void tell_closed(Kind kind, std::size_t sent);
  Outage& outage(Kind kind);

  const Settings settings_;
  SinkSession& session_;
  Shared& shared_;
  Backoff backoff_;
  EncodedBatch encoded_;
  std::vector<ByteView> views_;
  const journal::ReadBatch* batch_ = nullptr;  // the one being delivered
  journal::SettledCounts counts_;
  std::uint64_t taken_before_ = 0;  // documents taken in all, before the last insert
  TakenInAll taken_at_closing_;     // before the first of the last closings
  bool is_refusal_told_ = false;    // of what is being sent
  bool is_closing_told_ = false;    // of the batch
  bool is_keeping_told_ = false;    // that it fails, of the batch
};

}  // namespace mongo_store::delivery
