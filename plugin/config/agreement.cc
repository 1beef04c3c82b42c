// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/agreement.h"

#include "base/text.h"
#include "config/mongo_name.h"
#include "config/value.h"

namespace mongo_store::config {
namespace {

// Both values are shown: neither key may be a secret.
struct Pair {
  std::string_view key;
  std::string_view other_key;
};

std::string labelled(std::string_view key, const Config& config, const SourceMap& sources) {
  const Option& option = *find_option(key);
  return text(source_label(sources.of(option), option), " \"", escaped(value_text(option, config)),
              "\"");
}

Status disagreement(const Pair& pair, std::string_view relation, std::string_view accepted,
                    const Config& config, const SourceMap& sources) {
  return Status::refuse(text(labelled(pair.key, config, sources), " ", relation, " ",
                             labelled(pair.other_key, config, sources), "; accepted: ", accepted));
}

bool fits_namespace(const Config& config, const std::string& collection) {
  return config.database.size() + 1 + collection.size() <= kNamespaceBytesMax;
}

}  // namespace

Status check_agreement(const Config& config, const SourceMap& sources) {
  const auto refuse = [&](const Pair& pair, std::string_view relation, std::string_view accepted) {
    return disagreement(pair, relation, accepted, config, sources);
  };
  if (config.retry_max_ms < config.retry_min_ms) {
    return refuse({"retry_max_ms", "retry_min_ms"}, "is less than", "retry_min_ms or more");
  }
  if (config.batch_max_bytes < config.payload_max_bytes) {
    return refuse({"batch_max_bytes", "payload_max_bytes"}, "is less than",
                  "payload_max_bytes or more");
  }
  if (config.dead_letter_collection == config.collection) {
    return refuse({"dead_letter_collection", "collection"}, "is the same as",
                  "two different collections");
  }
  constexpr std::string_view kTooLong = "is too long for";
  constexpr std::string_view kBoth = "at most 254 bytes together";
  if (!fits_namespace(config, config.collection)) {
    return refuse({"collection", "database"}, kTooLong, kBoth);
  }
  if (!fits_namespace(config, config.dead_letter_collection)) {
    return refuse({"dead_letter_collection", "database"}, kTooLong, kBoth);
  }
  return {};
}

}  // namespace mongo_store::config
