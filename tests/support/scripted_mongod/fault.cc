// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/fault.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"

namespace mongo_store::scripted {
namespace {

std::vector<std::string> texts_of(const bson_iter_t& array) {
  std::vector<std::string> texts;
  bson_iter_t element;
  if (!BSON_ITER_HOLDS_ARRAY(&array) || !bson_iter_recurse(&array, &element)) return texts;
  while (bson_iter_next(&element)) {
    if (BSON_ITER_HOLDS_UTF8(&element)) texts.emplace_back(bson_iter_utf8(&element, nullptr));
  }
  return texts;
}

std::string text_of(const bson_iter_t& value) {
  return BSON_ITER_HOLDS_UTF8(&value) ? bson_iter_utf8(&value, nullptr) : "";
}

ByteBuffer copy_of(const bson_iter_t& document) {
  const ByteView bytes = embedded_bytes(document);
  return {bytes.begin(), bytes.end()};
}

std::vector<Fault::WriteError> write_errors_of(const bson_iter_t& array) {
  std::vector<Fault::WriteError> errors;
  bson_iter_t element;
  if (!BSON_ITER_HOLDS_ARRAY(&array) || !bson_iter_recurse(&array, &element)) return errors;
  while (bson_iter_next(&element)) {
    const BsonView error(element);
    errors.push_back({integer_field(error.bson(), "index", Fault::kEachDocument),
                      static_cast<std::int32_t>(integer_field(error.bson(), "code", 121)),
                      std::string(text_field(error.bson(), "errmsg"))});
  }
  return errors;
}

using Setter = Status (*)(Fault& fault, const bson_iter_t& value);

Status set_filter(Fault& fault, const bson_iter_t& value) {
  Result<Filter> filter = Filter::parse(BsonView(value).bson());
  if (filter.is_ok()) fault.with = std::move(filter).value();
  return filter.status();
}

constexpr std::int32_t kTooManyRequests = 16500;

// Cosmos DB's wording.
std::string too_many_requests(std::int64_t retry_after_ms) {
  const std::string wait = retry_after_ms < 0 ? "" : text(" RetryAfterMs=", retry_after_ms, ",");
  return text("Error=", kTooManyRequests, ",", wait, " Details='Request rate is large'");
}

Status set_throttle(Fault& fault, const bson_iter_t& value) {
  const BsonView throttle(value);
  const std::int64_t rate = integer_field(throttle.bson(), "documentsPerSecond", -1);
  if (rate < 0) return Status::reject("throttle needs documentsPerSecond, a number from 0");
  fault.throttle = std::make_shared<Throttle>(rate);
  fault.too_many.code =
      static_cast<std::int32_t>(integer_field(throttle.bson(), "code", kTooManyRequests));
  fault.too_many.message = too_many_requests(integer_field(throttle.bson(), "retryAfterMs", -1));
  return Status();
}

#define SETTER(statement)                                \
  [](Fault& fault, const bson_iter_t& value) -> Status { \
    statement;                                           \
    return Status();                                     \
  }

const std::pair<std::string_view, Setter> kFields[] = {
    {"failCommands", SETTER(fault.commands = texts_of(value))},
    {"appName", SETTER(fault.app_name = text_of(value))},
    {"namespace", SETTER(fault.target = text_of(value))},
    {"errorCode", SETTER(fault.error_code = static_cast<std::int32_t>(bson_iter_as_int64(&value)))},
    {"errmsg", SETTER(fault.error_message = text_of(value))},
    {"errorLabels", SETTER(fault.labels = texts_of(value))},
    {"closeConnection", SETTER(fault.closes = bson_iter_as_bool(&value))},
    {"blockConnection", SETTER(fault.blocks = bson_iter_as_bool(&value))},
    {"blockTimeMS", SETTER(fault.block_ms = bson_iter_as_int64(&value))},
    {"blockTimeMSPerId", SETTER(fault.block_ms_per_id = bson_iter_as_int64(&value))},
    {"writeConcernError", SETTER(fault.write_concern_error = copy_of(value))},
    {"closeWhileReading", SETTER(fault.closes_while_reading = bson_iter_as_bool(&value))},
    {"applyFirst", SETTER(fault.applies_first = bson_iter_as_bool(&value))},
    {"writeErrors", SETTER(fault.write_errors = write_errors_of(value))},
    {"throttle", set_throttle},
    {"documentsMatching", set_filter},
    {"readConcern", SETTER(fault.read_concern = text_of(value))},
    {"listedIds", SETTER(fault.is_for_listed_ids = bson_iter_as_bool(&value))},
};
#undef SETTER

}  // namespace

Result<Fault> Fault::parse(const bson_t& data) {
  Fault fault;
  bson_iter_t iter;
  if (!bson_iter_init(&iter, &data)) return Status::reject("malformed data");
  while (bson_iter_next(&iter)) {
    const std::string_view name = bson_iter_key(&iter);
    const auto* field = std::find_if(std::begin(kFields), std::end(kFields),
                                     [&](const auto& known) { return known.first == name; });
    if (field == std::end(kFields)) return Status::reject(text("unknown field: ", name));
    Status status = field->second(fault, iter);
    if (!status.is_ok()) return status;
  }
  if (fault.commands.empty()) return Status::reject("failCommands must name a command");
  if (fault.block_ms_per_id > 0 && fault.block_ms == kUntilOff) fault.block_ms = 0;
  return fault;
}

bool Fault::names(std::string_view command) const {
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

const Fault::WriteError* Fault::error_for(std::size_t index, ByteView document) const {
  if (with && !with->matches(document)) return nullptr;
  for (const WriteError& error : write_errors) {
    if (error.index == kEachDocument || error.index == static_cast<std::int64_t>(index)) {
      return &error;
    }
  }
  return throttle && !throttle->admits() ? &too_many : nullptr;
}

}  // namespace mongo_store::scripted
