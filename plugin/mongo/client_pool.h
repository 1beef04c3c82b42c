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

// The driver's clients, one for each session, and the credentials that they use. When the password
// file changes, a new generation of clients begins. The driver's pool of an old generation is
// destroyed when its last client is returned.
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

  // Checks the options and reads the password file. Connects to nothing.
  static Result<std::unique_ptr<ClientPool>> create(ConnectionOptions options);
  ClientPool(ConnectionOptions options, UriPtr uri);
  ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  // A client of the newest generation. At most sessions_max are leased at a time.
  Result<Lease> lease() EXCLUDES(mutex_);
  void release(Lease lease) EXCLUDES(mutex_);
  bool is_current(std::uint64_t generation) EXCLUDES(mutex_);

  // Called after a generation's password was refused: whether there is a newer one to try. kRefuse
  // if the file can't be read.
  Result<bool> renew_password(std::uint64_t generation) EXCLUDES(mutex_);

  // Called after the server reported that a session of that generation lacks a right. The server
  // may have forgotten who the connection is, for example because its user was created again. The
  // driver doesn't fix that, so the next lease() is of a newer generation, which authenticates
  // again. If the right is really missing that changes nothing, so it isn't repeated within
  // kRenewEvery unless the password file has changed.
  void renew(std::uint64_t generation, TimePoint now) EXCLUDES(mutex_);

  // Destroys the driver's pools and ends its threads. lease() fails from then on. Blocks for up to
  // connectTimeoutMS (a monitor that connects to a host that doesn't answer) plus
  // serverSelectionTimeoutMS (telling a lost server that our sessions end): 10 s by default.
  // Returns false if clients are still leased. Their pools are destroyed when the last client is
  // returned, because a thread may be using them until then. The destructor also closes; it leaks
  // such a pool on purpose.
  bool close() EXCLUDES(mutex_);

  // Whether the database may not have its users yet (ConnectionOptions::users_awaited_ms).
  bool is_early() const { return std::chrono::steady_clock::now() < early_until_; }
  // The URI of the newest generation, including its password. Null once it is closed.
  UriPtr uri() EXCLUDES(mutex_);
  const std::string& hosts() const { return hosts_; }

 private:
  struct Generation {
    std::uint64_t number = 0;
    UriPtr uri;
    PoolPtr pool;  // created by the first lease()
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
  std::vector<Generation> generations_ GUARDED_BY(mutex_);  // the newest is last
  std::optional<TimePoint> renewed_ GUARDED_BY(mutex_);     // the last time, for a missing right
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace mongo_store::mongo
