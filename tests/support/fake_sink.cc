// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/fake_sink.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mongo_store::test {

ObjectId id_of_document(ByteView document) {
  constexpr std::size_t kIdOffset = 4 + 1 + sizeof("_id");
  ObjectId id;
  if (document.size() < kIdOffset + ObjectId::kBytes) return id;
  std::copy_n(document.begin() + kIdOffset, ObjectId::kBytes, id.bytes.begin());
  return id;
}

class FakeSink::Session final : public delivery::SinkSession {
 public:
  explicit Session(FakeSink& sink) : sink_(sink) {}
  delivery::InsertOutcome insert(const delivery::Target& target,
                                 std::span<const ByteView> documents) override {
    return sink_.insert(std::string(target.collection), documents);
  }
  Result<std::vector<ByteBuffer>> find_stored(const delivery::Target& target,
                                              std::span<const ByteView> documents) override {
    return sink_.find_stored(std::string(target.collection), documents);
  }
  delivery::KeyProof key_proof(const delivery::Target&) override {
    const std::lock_guard<std::mutex> lock(sink_.mutex_);
    return sink_.key_proof_;
  }

 private:
  FakeSink& sink_;
};

void FakeSink::fail_next(Status why) { tell_next({std::move(why), false}); }

void FakeSink::close_next() { tell_next({Status::retry("connection closed"), false, true}); }

void FakeSink::close_on(const std::string& collection, const ObjectId& id, int times) {
  const std::lock_guard<std::mutex> lock(mutex_);
  closings_[{collection, id}] = times;
}

void FakeSink::fail_finds(Status why, std::size_t unless_up_to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  find_failure_ = std::move(why);
  finds_unless_up_to_ = unless_up_to;
}

void FakeSink::name_no_index() {
  const std::lock_guard<std::mutex> lock(mutex_);
  is_index_named_ = false;
}

void FakeSink::set_key_proof(delivery::KeyProof proof) {
  const std::lock_guard<std::mutex> lock(mutex_);
  key_proof_ = proof;
}

void FakeSink::throttle(std::size_t documents_max, std::int64_t retry_after_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  throttle_ = documents_max;
  retry_after_ms_ = retry_after_ms;
}

void FakeSink::lose_next(Status why) { tell_next({std::move(why), true}); }

void FakeSink::take_next() { tell_next({}); }

void FakeSink::fail_next_find(Status why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  find_failures_.push_back(std::move(why));
}

void FakeSink::fail_always(Status why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  always_ = std::move(why);
}

void FakeSink::refuse(const std::string& collection, const ObjectId& id, delivery::RefusalKind kind,
                      std::int32_t code, int times) {
  const std::lock_guard<std::mutex> lock(mutex_);
  rules_[{collection, id}] = {kind, code, times, false, false};
}

void FakeSink::refuse_id(const std::string& collection, const ObjectId& id, int times) {
  const std::lock_guard<std::mutex> lock(mutex_);
  rules_[{collection, id}] = {delivery::RefusalKind::kDuplicateKey, 11000, times, true, true};
}

void FakeSink::put(const std::string& collection, const ObjectId& id, ByteBuffer document) {
  const std::lock_guard<std::mutex> lock(mutex_);
  stored_[collection][id] = std::move(document);
}

void FakeSink::hang() {
  const std::lock_guard<std::mutex> lock(mutex_);
  is_hanging_ = true;
}

void FakeSink::hang_probe() {
  const std::lock_guard<std::mutex> lock(mutex_);
  is_probe_hanging_ = true;
}

void FakeSink::release() {
  const std::lock_guard<std::mutex> lock(mutex_);
  is_hanging_ = false;
  is_probe_hanging_ = false;
  released_.notify_all();
}

void FakeSink::set_before_insert(std::function<void(const Call&)> hook) {
  before_insert_ = std::move(hook);
}

FakeSink::Documents FakeSink::documents(const std::string& collection) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = stored_.find(collection);
  return found == stored_.end() ? Documents() : found->second;
}

std::vector<FakeSink::Call> FakeSink::calls() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

std::vector<std::size_t> FakeSink::finds() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return finds_;
}

std::size_t FakeSink::hanging() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return hanging_;
}

std::unique_ptr<delivery::SinkSession> FakeSink::open_session() {
  return std::make_unique<Session>(*this);
}

delivery::ProbeLine FakeSink::probe(std::span<const delivery::Target> targets) {
  delivery::ProbeLine line{LogLevel::kInfo, "probed"};
  for (const delivery::Target& target : targets) line.text += " " + std::string(target.collection);
  std::unique_lock<std::mutex> lock(mutex_);
  while (is_probe_hanging_) released_.wait(lock);
  return line;
}

void FakeSink::tell_next(Answer answer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  answers_.push_back(std::move(answer));
}

delivery::InsertOutcome FakeSink::insert(const std::string& collection,
                                         std::span<const ByteView> documents) {
  Call call{collection, {}, 0};
  for (const ByteView document : documents) {
    call.ids.push_back(id_of_document(document));
    call.bytes += document.size();
  }
  if (before_insert_) before_insert_(call);
  std::unique_lock<std::mutex> lock(mutex_);
  calls_.push_back(call);
  ++hanging_;
  while (is_hanging_) released_.wait(lock);
  --hanging_;
  const Answer answer = next_answer();
  if (!answer.is_stored) return {answer.status, {}, answer.is_connection_closed};
  if (is_closed_on(call)) return {Status::retry("connection closed"), {}, true};
  std::vector<delivery::Refusal> refusals = store_all(collection, documents);
  if (!answer.status.is_ok()) return {answer.status, {}};
  return {Status(), std::move(refusals), false, false, retry_after_ms_};
}

FakeSink::Answer FakeSink::next_answer() {
  if (!always_.is_ok()) return {always_, false};
  if (answers_.empty()) return {};
  Answer answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

bool FakeSink::is_closed_on(const Call& call) {
  for (const ObjectId& id : call.ids) {
    const auto found = closings_.find({call.collection, id});
    if (found == closings_.end() || found->second == 0) continue;
    --found->second;
    return true;
  }
  return false;
}

std::vector<delivery::Refusal> FakeSink::store_all(const std::string& collection,
                                                   std::span<const ByteView> documents) {
  std::vector<delivery::Refusal> refusals;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const ObjectId id = id_of_document(documents[i]);
    if (throttle_ > 0 && i - refusals.size() >= throttle_) {
      refusals.push_back({i, delivery::RefusalKind::kLater, 16500, "too fast", false, false});
    } else if (const auto rule = ruled(collection, id)) {
      refusals.push_back(
          {i, rule->kind, rule->code, "refused by the test", rule->is_index_named, rule->is_on_id});
    } else if (!stored_[collection]
                    .try_emplace(id, documents[i].begin(), documents[i].end())
                    .second) {
      refusals.push_back({i, delivery::RefusalKind::kDuplicateKey, 11000, "E11000", is_index_named_,
                          is_index_named_});
    }
  }
  return refusals;
}

std::optional<FakeSink::Rule> FakeSink::ruled(const std::string& collection, const ObjectId& id) {
  const auto found = rules_.find({collection, id});
  if (found == rules_.end() || found->second.times == 0) return std::nullopt;
  --found->second.times;
  return found->second;
}

Result<std::vector<ByteBuffer>> FakeSink::find_stored(const std::string& collection,
                                                      std::span<const ByteView> documents) {
  const std::lock_guard<std::mutex> lock(mutex_);
  finds_.push_back(documents.size());
  if (!find_failure_.is_ok() && documents.size() > finds_unless_up_to_) return find_failure_;
  if (!find_failures_.empty()) {
    Status why = std::move(find_failures_.front());
    find_failures_.pop_front();
    return why;
  }
  std::vector<ByteBuffer> found;
  for (const ByteView document : documents) {
    const auto at = stored_[collection].find(id_of_document(document));
    found.push_back(at == stored_[collection].end() ? ByteBuffer() : at->second);
  }
  return found;
}

}  // namespace mongo_store::test
