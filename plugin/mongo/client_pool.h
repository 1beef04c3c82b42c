// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "mongo/connection_options.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

// The driver's clients, one a session, and the credentials that they are made with. When the
// password file has changed, a new generation of clients begins; the driver's pool of an old one
// goes when its last client has come back.
//
// Any thread may call. lease(), release() and renew_password() can block as long as the driver
// does: on a name server (mongodb+srv), or while an old pool is destroyed. Not for the broker's
// thread.
class ClientPool {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kRenewEvery{60};

  struct Lease {
    mongoc_client_t* client = nullptr;
    std::uint64_t generation = 0;
  };

  // Checks the options and reads the password file; connects to nothing.
  static Result<std::unique_ptr<ClientPool>> create(ConnectionOptions options);
  ClientPool(ConnectionOptions options, UriPtr uri);
  ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  // A client of the newest generation; at most sessions_max are out at a time.
  Result<Lease> lease() EXCLUDES(mutex_);
  void release(Lease lease) EXCLUDES(mutex_);
  bool is_current(std::uint64_t generation) EXCLUDES(mutex_);

  // After that generation's password was not accepted: whether there is now a newer one to try.
  // kRefuse where the file can't be read.
  Result<bool> renew_password(std::uint64_t generation) EXCLUDES(mutex_);

  // After a session of that generation was told that it has no right. Its connection may have been
  // forgotten (its user was made anew, say), which the driver doesn't mend by itself: the next
  // lease() is of a newer generation, which authenticates again. Or the right is missing, and that
  // changes nothing: so not again within kRenewEvery, but where the password file has changed.
  void renew(std::uint64_t generation, TimePoint now) EXCLUDES(mutex_);

  // Destroys the driver's pools and ends its threads; lease() fails from then on. Blocks: up to
  // connectTimeoutMS (a monitor in a connect to a host that doesn't answer) plus
  // serverSelectionTimeoutMS (telling a server that is gone that our sessions end); 10 s by
  // default. False where clients are still out: their pools stay, since the thread that has one
  // may be inside it, and go when the last client comes back. The destructor closes too, and leaks
  // such a pool on purpose.
  bool close() EXCLUDES(mutex_);

  // Whether the database may not have its users yet (ConnectionOptions::users_awaited_ms).
  bool is_early() const { return std::chrono::steady_clock::now() < early_until_; }
  // The URI of the newest generation, its password included; null once it is closed.
  UriPtr uri() EXCLUDES(mutex_);
  const std::string& hosts() const { return hosts_; }

 private:
  struct Generation {
    std::uint64_t number = 0;
    UriPtr uri;
    PoolPtr pool;  // made by the first lease()
    std::size_t clients_out = 0;
  };

  Generation& newest() REQUIRES(mutex_) { return generations_.back(); }
  Result<bool> adopt_new_password() REQUIRES(mutex_);
  Status begin_generation(ConnectionOptions options) REQUIRES(mutex_);
  PoolPtr retire_unused(std::uint64_t number) REQUIRES(mutex_);

  const std::string hosts_;
  const TimePoint early_until_;
  Mutex mutex_;
  ConnectionOptions options_ GUARDED_BY(mutex_);  // with the password of the newest generation
  std::vector<Generation> generations_ GUARDED_BY(mutex_);  // the newest last
  std::optional<TimePoint> renewed_ GUARDED_BY(mutex_);     // for want of a right, at last
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace mongo_store::mongo
