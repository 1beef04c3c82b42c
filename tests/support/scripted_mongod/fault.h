// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "tests/support/scripted_mongod/filter.h"
#include "tests/support/scripted_mongod/throttle.h"

namespace mongo_store::scripted {

// The effect of a fail point on a command. Immutable once it is parsed, except for the throttle's
// count. README.md describes its fields.
struct Fault {
  struct WriteError {
    std::int64_t index = kEachDocument;
    std::int32_t code = 0;
    std::string message;
  };
  static constexpr std::int64_t kEachDocument = -1;
  static constexpr std::int64_t kUntilOff = -1;

  std::vector<std::string> commands;
  std::string app_name;            // empty: any
  std::string target;              // "DATABASE.COLLECTION", empty: any
  std::optional<Filter> with;      // only commands with a document that matches
  std::string read_concern;        // only commands that read at this level; empty: any
  bool is_for_listed_ids = false;  // only commands that filter by a list of `_id`s

  bool closes_while_reading = false;
  bool closes = false;
  bool applies_first = false;  // the command is executed before the fault closes, blocks or fails
  bool blocks = false;
  std::int64_t block_ms = kUntilOff;
  std::int64_t block_ms_per_id = 0;                // added to block_ms for each listed `_id`
  std::int32_t error_code = 0;                     // 0: none
  std::string error_message;                       // empty: the default
  std::optional<std::vector<std::string>> labels;  // none: those that the code implies
  ByteBuffer write_concern_error;                  // BSON; empty: none
  std::vector<WriteError> write_errors;
  std::shared_ptr<Throttle> throttle;  // null: none
  WriteError too_many;                 // for documents over the throttle's limit

  // Parses the `data` of a configureFailPoint. Rejects an unknown field.
  static Result<Fault> parse(const bson_t& data);

  bool names(std::string_view command) const;
  // The first of `write_errors` that applies to this document, or `too_many` if the document is
  // over the throttle's limit. Null: none.
  const WriteError* error_for(std::size_t index, ByteView document) const;
};

}  // namespace mongo_store::scripted
