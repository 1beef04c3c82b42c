// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/account.h"

#include <utility>

namespace mongo_store::scripted {

Account::Account(AccountOptions options) : options_(std::move(options)) {
  if (is_required()) set_password(options_.password);
}

void Account::set_password(std::string_view password) {
  std::vector<ScramCredential> credentials;
  for (const ScramMechanism mechanism : options_.mechanisms) {
    credentials.push_back(make_credential(
        mechanism, scram_password(mechanism, options_.user, password), make_salt(mechanism),
        mechanism == ScramMechanism::kSha1 ? options_.iterations_sha1
                                           : options_.iterations_sha256));
  }
  const MutexLock lock(mutex_);
  credentials_ = std::move(credentials);
}

std::optional<ScramCredential> Account::credential(ScramMechanism mechanism) const {
  const MutexLock lock(mutex_);
  for (const ScramCredential& known : credentials_) {
    if (known.mechanism == mechanism) return known;
  }
  return std::nullopt;
}

void Account::revoke() {
  is_revoked_ = true;
  ++era_;
}

bool Account::allows(Access access, std::string_view database) const {
  const std::string_view role = options_.role;
  if (role.empty() || access == Access::kOpen || access == Access::kAuthenticated) return true;
  const std::size_t at = role.find('@');
  if (at == std::string_view::npos || role.substr(at + 1) != database) return false;
  const std::string_view name = role.substr(0, at);
  return name == "readWrite" || (name == "read" && access == Access::kRead) ||
         (name == "insert" && access == Access::kInsert);
}

}  // namespace mongo_store::scripted
