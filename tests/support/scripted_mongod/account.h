// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "tests/support/scripted_mongod/scram_server.h"

namespace mongo_store::scripted {

// The rights that a command requires of its connection.
enum class Access { kOpen, kAuthenticated, kRead, kInsert, kWrite };

struct AccountOptions {
  std::string user;  // empty: no password is required
  std::string password;
  std::string auth_database = "admin";
  std::string role;  // "read@DB", "readWrite@DB" or "insert@DB" (no reads); empty: everything
  std::vector<ScramMechanism> mechanisms = {ScramMechanism::kSha1, ScramMechanism::kSha256};
  int iterations_sha1 = 10000;
  int iterations_sha256 = 15000;
};

// The only user that a server knows. Any thread.
class Account {
 public:
  explicit Account(AccountOptions options);

  bool is_required() const { return !options_.user.empty(); }
  const AccountOptions& options() const { return options_; }
  // Connections that are authenticated remain authenticated.
  void set_password(std::string_view password) EXCLUDES(mutex_);
  // None if the mechanism isn't offered.
  std::optional<ScramCredential> credential(ScramMechanism mechanism) const EXCLUDES(mutex_);
  // Ends every authentication, and refuses new ones until accept().
  void revoke();
  void accept() { is_revoked_ = false; }
  bool is_revoked() const { return is_revoked_; }
  std::int64_t era() const { return era_; }
  // Whether the authenticated user's role allows it.
  bool allows(Access access, std::string_view database) const;

 private:
  const AccountOptions options_;
  std::atomic<bool> is_revoked_ = false;
  std::atomic<std::int64_t> era_ = 0;
  mutable Mutex mutex_;
  std::vector<ScramCredential> credentials_ GUARDED_BY(mutex_);
};

}  // namespace mongo_store::scripted
