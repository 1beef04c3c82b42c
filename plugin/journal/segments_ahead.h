// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>

#include "base/logger.h"
#include "journal/appender.h"
#include "journal/failure_log.h"
#include "journal/segment.h"
#include "journal/segment_maker.h"
#include "journal/segment_supply.h"

namespace mongo_store::journal {

// Keeps two segments ready in advance, and a short runway of touched pages ahead of the append
// position. Removes abandoned segments. A failure is logged when no segment is left, and retried
// after a pause. Owned by Upkeep. Only the journal's thread may use it, except before that thread
// starts and after it has ended. Everything that it is given must outlive it.
class SegmentsAhead {
 public:
  struct Settings {
    std::uint64_t runway_bytes_max = 2ULL * 1024 * 1024;
    bool is_appended_to = true;  // false: no segment is created
  };

  SegmentsAhead(Settings settings, Appender& appender, SegmentMaker& maker, SegmentSupply& supply,
                Logger& logger);

  // Does the work that is due. If there is none, the call costs almost nothing.
  void keep();
  // Creates as many segments as should be ready, without a runway.
  void supply_segments();
  // Removes the segments that are ready, and the abandoned ones.
  void remove_all();

 private:
  struct Runway {
    std::uint64_t number = 0;  // of its segment
    Segment* segment = nullptr;
    std::uint64_t end = 0;  // of the touched bytes
  };

  void remove_abandoned();
  bool supply_one();
  void extend_runway();
  void touch(Runway& runway, std::uint64_t from, std::uint64_t count);

  const Settings settings_;
  Appender& appender_;
  SegmentMaker& maker_;
  SegmentSupply& supply_;
  Runway runway_;             // of the active segment
  std::deque<Runway> ahead_;  // those created for after it; only the journal's thread deletes them
  std::uint64_t last_committed_ = 0;
  std::uint64_t arrival_ = 0;  // recent bytes per round
  int supply_pause_rounds_ = 0;
  int removal_pause_rounds_ = 0;
  FailureLog supply_log_;
  FailureLog removal_log_;
};

}  // namespace mongo_store::journal
