// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace mongo_store::scripted {

enum class ScramMechanism { kSha1, kSha256 };

std::string_view mechanism_name(ScramMechanism mechanism);
std::optional<ScramMechanism> mechanism_named(std::string_view name);

// A server's record of a password (RFC 5802, section 3). `salt` and the keys are raw bytes.
struct ScramCredential {
  ScramMechanism mechanism = ScramMechanism::kSha256;
  std::string salt;
  int iterations = 0;
  std::string stored_key;
  std::string server_key;
};

constexpr int kScramIterationsMin = 4096;

// `password`: as returned by scram_password().
ScramCredential make_credential(ScramMechanism mechanism, std::string_view password,
                                std::string salt, int iterations);
// The length is MongoDB's: 16 bytes for SHA-1, 28 for SHA-256.
std::string make_salt(ScramMechanism mechanism);

// For SCRAM-SHA-1, MongoDB uses the hexadecimal MD5 of "USER:mongo:PASSWORD". For SCRAM-SHA-256 it
// applies SASLprep, which doesn't change ASCII; other passwords aren't prepared here.
std::string scram_password(ScramMechanism mechanism, std::string_view user,
                           std::string_view password);

// The server's side of one conversation: first(), then final(). Each failure ends it.
class ScramServer {
 public:
  // `nonce` is the server's part: printable, without a comma.
  ScramServer(ScramCredential credential, std::string user, std::string nonce)
      : credential_(std::move(credential)), user_(std::move(user)), nonce_(std::move(nonce)) {}
  static std::string random_nonce();

  // Turns a client-first-message into a server-first-message. Rejects another user's name.
  Result<std::string> first(std::string_view client_first);
  // Turns a client-final-message into a server-final-message. Rejects a wrong password.
  Result<std::string> final(std::string_view client_final);

 private:
  bool is_proven(std::string_view client_final, std::string_view auth_message) const;

  ScramCredential credential_;
  std::string user_;
  std::string nonce_;  // client's and server's; set by first()
  std::string gs2_header_;
  std::string auth_message_;  // client-first-bare,server-first
};

}  // namespace mongo_store::scripted
