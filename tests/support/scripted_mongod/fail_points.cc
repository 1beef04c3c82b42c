// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/fail_points.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/command.h"

namespace mongo_store::scripted {
namespace {

constexpr std::string_view kPrefix = "failCommand";
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::milliseconds kLook{20};

struct Mode {
  bool is_off = false;
  std::int64_t skip = 0;
  std::int64_t times = kAlways;
};

Result<Mode> parse_mode(const bson_t& command) {
  const std::string_view word = text_field(command, "mode");
  if (word == "off") return Mode{true};
  if (word == "alwaysOn") return Mode{};
  const BsonView document(embedded_field(command, "mode"));
  Mode mode;
  mode.times = integer_field(document.bson(), "times", -1);
  mode.skip = integer_field(document.bson(), "skip", -1);
  if (mode.times < 0 && mode.skip < 0) {
    return Status::reject("mode is \"off\", \"alwaysOn\", {times: N} or {skip: N}");
  }
  if (mode.times < 0) mode.times = kAlways;
  mode.skip = std::max<std::int64_t>(mode.skip, 0);
  return mode;
}

bool brings_a_match(const WireMessage& message, const Filter& filter) {
  const BsonView body(message.body);
  const std::vector<ByteView> documents = documents_in(message, body.bson(), "documents");
  return std::any_of(documents.begin(), documents.end(),
                     [&](ByteView document) { return filter.matches(document); });
}

bool is_for(const Fault& fault, const WireMessage& message, std::string_view app_name) {
  const BsonView body(message.body);
  const std::string_view name = first_key(body.bson());
  if (!fault.names(name) || fault.closes_while_reading) return false;
  if (!fault.app_name.empty() && fault.app_name != app_name) return false;
  if (!fault.target.empty() && fault.target != target_of(body.bson())) return false;
  if (!fault.read_concern.empty() && fault.read_concern != read_concern_level(body.bson())) {
    return false;
  }
  if (fault.is_for_listed_ids && listed_ids(body.bson()) == 0) return false;
  return !fault.with || brings_a_match(message, *fault.with);
}

}  // namespace

bool FailPoints::Point::strikes() {
  if (skip > 0) {
    --skip;
    return false;
  }
  if (times == 0) return false;
  if (times != kAlways) --times;
  ++count;
  return true;
}

FailPoints::Point* FailPoints::find(std::string_view name) {
  const auto found = std::find_if(points_.begin(), points_.end(),
                                  [&](const Point& point) { return point.name == name; });
  return found == points_.end() ? nullptr : &*found;
}

bool FailPoints::is_armed(const Fault* fault) const {
  return std::any_of(points_.begin(), points_.end(),
                     [&](const Point& point) { return point.fault.get() == fault; });
}

Result<std::int64_t> FailPoints::configure(const bson_t& command) {
  const std::string_view name = text_field(command, "configureFailPoint");
  if (!name.starts_with(kPrefix)) return Status::reject(text("unknown fail point: ", name));
  const Result<Mode> mode = parse_mode(command);
  if (!mode.is_ok()) return mode.status();
  std::shared_ptr<const Fault> fault;
  if (!mode.value().is_off) {
    Result<Fault> parsed = Fault::parse(BsonView(embedded_field(command, "data")).bson());
    if (!parsed.is_ok()) return parsed.status();
    fault = std::make_shared<const Fault>(std::move(parsed).value());
  }
  const MutexLock lock(mutex_);
  Point* point = find(name);
  if (point == nullptr) point = &points_.emplace_back(Point{std::string(name), {}});
  const std::int64_t count = point->count;
  *point = {std::string(name), std::move(fault), mode.value().skip, mode.value().times, 0};
  if (mode.value().is_off) point->count = count;
  changed_.notify_all();
  return count;
}

std::shared_ptr<const Fault> FailPoints::strike(const WireMessage& message,
                                                std::string_view app_name) {
  const MutexLock lock(mutex_);
  for (Point& point : points_) {
    if (point.fault && is_for(*point.fault, message, app_name) && point.strikes()) {
      return point.fault;
    }
  }
  return nullptr;
}

bool FailPoints::strikes_while_reading(std::string_view command) {
  const MutexLock lock(mutex_);
  return std::any_of(points_.begin(), points_.end(), [&](Point& point) {
    return point.fault && point.fault->closes_while_reading && point.fault->names(command) &&
           point.strikes();
  });
}

void FailPoints::block(const std::shared_ptr<const Fault>& fault, std::size_t ids,
                       const std::atomic<bool>& is_cut) {
  using Clock = std::chrono::steady_clock;
  const bool has_end = fault->block_ms >= 0;
  const std::int64_t ms = fault->block_ms + fault->block_ms_per_id * static_cast<std::int64_t>(ids);
  const auto end = Clock::now() + std::chrono::milliseconds(has_end ? ms : 0);
  const MutexLock lock(mutex_);
  while (!is_cut && is_armed(fault.get()) && (!has_end || Clock::now() < end)) {
    changed_.wait_for(mutex_, kLook);
  }
}

void FailPoints::append_to(bson_t* reply) const {
  const MutexLock lock(mutex_);
  for (const Point& point : points_) BSON_APPEND_INT64(reply, point.name.c_str(), point.count);
}

}  // namespace mongo_store::scripted
