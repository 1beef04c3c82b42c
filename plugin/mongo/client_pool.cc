// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/client_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/signal_block.h"
#include "base/text.h"
#include "mongo/error_sorter.h"
#include "mongo/password_file.h"
#include "mongo/uri.h"

namespace mongo_store::mongo {
namespace {

Status load_password(ConnectionOptions& options) {
  if (options.password_file.empty()) return Status();
  Result<std::string> password = read_password_file(options.password_file);
  if (!password.is_ok()) return password.status();
  options.password = std::move(password).value();
  return Status();
}

Result<PoolPtr> make_pool(const mongoc_uri_t& uri, const std::string& hosts) {
  bson_error_t error = {};
  PoolPtr pool(mongoc_client_pool_new_with_error(&uri, &error));
  if (pool == nullptr) return sort_command(error, text("set up connections to ", hosts));
  mongoc_client_pool_set_error_api(pool.get(), MONGOC_ERROR_API_VERSION_2);
  return pool;
}

}  // namespace

Result<std::unique_ptr<ClientPool>> ClientPool::create(ConnectionOptions options) {
  Status status = load_password(options);
  if (!status.is_ok()) return status;
  Result<UriPtr> uri = make_uri(options);
  if (!uri.is_ok()) return uri.status();
  return std::make_unique<ClientPool>(std::move(options), std::move(uri).value());
}

ClientPool::ClientPool(ConnectionOptions options, UriPtr uri)
    : hosts_(hosts_of(*uri)),
      early_until_(std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(options.users_awaited_ms)),
      options_(std::move(options)) {
  generations_.push_back({1, std::move(uri), nullptr, 0});
}

Result<ClientPool::Lease> ClientPool::lease() {
  const SignalBlock signal_block;  // the first client of a pool starts the driver's threads
  const MutexLock lock(mutex_);
  if (is_closed_) return Status::retry("the connections to MongoDB are closed");
  Generation& generation = newest();
  if (generation.pool == nullptr) {
    Result<PoolPtr> pool = make_pool(*generation.uri, hosts_);
    if (!pool.is_ok()) return pool.status();
    generation.pool = std::move(pool).value();
  }
  mongoc_client_t* client = mongoc_client_pool_try_pop(generation.pool.get());
  if (client == nullptr) return Status::retry("more sessions with MongoDB than were announced");
  ++generation.clients_out;
  return Lease{client, generation.number};
}

void ClientPool::release(Lease lease) {
  PoolPtr unused;  // destroyed after the mutex is released
  const MutexLock lock(mutex_);
  const auto at = std::ranges::find(generations_, lease.generation, &Generation::number);
  mongoc_client_pool_push(at->pool.get(), lease.client);
  --at->clients_out;
  unused = retire_unused(lease.generation);
}

PoolPtr ClientPool::retire_unused(std::uint64_t number) {
  const auto at = std::ranges::find(generations_, number, &Generation::number);
  const bool is_wanted = number == newest().number && !is_closed_;
  if (is_wanted || at->clients_out > 0) return nullptr;
  PoolPtr pool = std::move(at->pool);
  generations_.erase(at);
  return pool;
}

bool ClientPool::is_current(std::uint64_t generation) {
  const MutexLock lock(mutex_);
  return !is_closed_ && newest().number == generation;
}

Result<bool> ClientPool::renew_password(std::uint64_t generation) {
  const MutexLock lock(mutex_);
  if (is_closed_) return false;
  if (newest().number != generation) return true;
  return adopt_new_password();
}

// Whether the password file's content differs from the newest generation's password.
Result<bool> ClientPool::adopt_new_password() {
  if (options_.password_file.empty()) return false;
  ConnectionOptions renewed = options_;
  Status status = load_password(renewed);
  if (!status.is_ok()) return status;
  if (renewed.password == options_.password) return false;
  status = begin_generation(std::move(renewed));
  if (!status.is_ok()) return status;
  return true;
}

Status ClientPool::begin_generation(ConnectionOptions options) {
  Result<UriPtr> uri = make_uri(options);
  if (!uri.is_ok()) return uri.status();
  options_ = std::move(options);
  generations_.push_back({newest().number + 1, std::move(uri).value(), nullptr, 0});
  return {};
}

void ClientPool::renew(std::uint64_t generation, TimePoint now) {
  const MutexLock lock(mutex_);
  if (is_closed_ || newest().number != generation) return;
  const Result<bool> is_password_new = adopt_new_password();
  if (is_password_new.is_ok() && is_password_new.value()) return;
  if (renewed_ && now - *renewed_ < kRenewEvery) return;
  renewed_ = now;
  (void)begin_generation(options_);  // the same options worked before
}

UriPtr ClientPool::uri() {
  const MutexLock lock(mutex_);
  return is_closed_ ? nullptr : UriPtr(mongoc_uri_copy(newest().uri.get()));
}

bool ClientPool::close() {
  std::vector<Generation> unused;  // destroyed after the mutex is released
  const MutexLock lock(mutex_);
  is_closed_ = true;
  const auto is_used = [](const Generation& generation) { return generation.clients_out > 0; };
  const auto used_end = std::stable_partition(generations_.begin(), generations_.end(), is_used);
  std::move(used_end, generations_.end(), std::back_inserter(unused));
  generations_.erase(used_end, generations_.end());
  return generations_.empty();
}

ClientPool::~ClientPool() {
  (void)close();
  const MutexLock lock(mutex_);
  for (Generation& generation : generations_) (void)generation.pool.release();
}

}  // namespace mongo_store::mongo
