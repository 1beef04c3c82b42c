// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace mongo_store::delivery {

// How many documents and dead letters the database has inserted for us since the start: the
// evidence that it accepts others. What it was found to hold already counts in neither.
struct Inserted {
  std::uint64_t documents = 0;
  std::uint64_t dead_letters = 0;
};

// The history of one document, or dead letter, that was not simply stored.
struct Tries {
  int refusals = 0;                   // for its own sake, for a reason that may pass
  std::int64_t first_refusal_ms = 0;  // by the monotonic clock
  Inserted inserted_before_refusal;   // before the first of them
  int unconfirmed = 0;                // times that its key was there, and nothing under its `_id`
  int closings = 0;                   // of the connection, when it was sent alone
  Inserted inserted_before_closing;   // before the first of them
  int unreadable = 0;                 // times that it couldn't be read back for want of a right
  std::int64_t first_unreadable_ms = 0;  // by the monotonic clock
  bool is_index_named = false;           // of the last duplicate key
  bool was_id_only_unique = false;       // before the last insert: no other unique index was there
  bool is_duplicate_on_id = false;       // the last duplicate key names the index of `_id`
  std::int32_t duplicate_code = 0;       // and what the server said of it
  std::string duplicate_message;
};

}  // namespace mongo_store::delivery
