// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace mongo_store::delivery {

// How many documents and dead letters the database has inserted since the start. Growth is evidence
// that it accepts others. Documents that were found to be stored already don't count.
struct Inserted {
  std::uint64_t documents = 0;
  std::uint64_t dead_letters = 0;
};

// The history of a document or dead letter that wasn't stored at the first try.
struct Tries {
  int refusals = 0;                      // of only this document
  std::int64_t first_refusal_ms = 0;     // monotonic
  Inserted inserted_before_refusal;      // before the first refusal
  int unconfirmed = 0;                   // duplicate keys with nothing stored under its `_id`
  int closings = 0;                      // of the connection, when it was sent alone
  Inserted inserted_before_closing;      // before the first closing
  int unreadable = 0;                    // read-backs that the user wasn't allowed to make
  std::int64_t first_unreadable_ms = 0;  // monotonic
  bool was_id_only_unique = false;       // before the last insert, there was no other unique index
  // The last duplicate key:
  bool is_index_named = false;      // the server named the index
  bool is_duplicate_on_id = false;  // it named the index of `_id`
  std::int32_t duplicate_code = 0;
  std::string duplicate_message;
};

}  // namespace mongo_store::delivery
