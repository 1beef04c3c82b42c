// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/object_id.h"
#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/tool_client.h"

namespace mongo_store::mongo {

// Selects dead letters.
struct DeadLetterFilter {
  std::string reason_code;     // empty: any
  std::optional<ObjectId> id;  // nullopt: any
};

// A collection of dead letters, for the tools. Documents whose `_id` isn't an ObjectId aren't dead
// letters and are ignored. One thread. Reads from the primary, at read concern majority if the
// server has it. Writes under the write concern of the options. kRefuse: options, credentials or
// rights are wrong. kRetry: the server can't be reached, or failed.
class DeadLetterStore {
 public:
  static Result<std::unique_ptr<DeadLetterStore>> open(ConnectionOptions options,
                                                       std::string database,
                                                       std::string collection);
  DeadLetterStore(ToolClient client, std::string database, std::string collection)
      : client_(std::move(client)),
        database_(std::move(database)),
        collection_(std::move(collection)) {}

  // The newest ones as BSON without the payload, newest first.
  Result<std::vector<ByteBuffer>> newest(const DeadLetterFilter& filter, std::int64_t limit);
  // The next ones after `after` by rising `_id` (nullopt: from the first), as BSON. At most
  // documents_max, and none after their total size reaches bytes_max. Empty: there are no more.
  Result<std::vector<ByteBuffer>> next(const DeadLetterFilter& filter,
                                       const std::optional<ObjectId>& after,
                                       std::size_t documents_max, std::size_t bytes_max);
  // Returns how many existed. After a failure some may be gone.
  Result<std::int64_t> remove(std::span<const ObjectId> ids);

 private:
  Result<std::vector<ByteBuffer>> find(const bson_t& filter, const bson_t& options,
                                       std::size_t bytes_max);
  // False: `error` says why, and `letters` may contain some.
  bool find_into(std::vector<ByteBuffer>& letters, const bson_t& filter, const bson_t& options,
                 std::size_t bytes_max, bson_error_t* error);
  CollectionPtr collection();
  Status failure(const bson_error_t& error, std::string_view tried) const;

  ToolClient client_;
  const std::string database_;
  const std::string collection_;
};

}  // namespace mongo_store::mongo
