// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/scram_server.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace mongo_store::scripted {
namespace {

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

const EVP_MD* digest_of(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::kSha1 ? EVP_sha1() : EVP_sha256();
}

std::string digest(const EVP_MD* kind, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), result.data(), &length, kind, nullptr);
  return {reinterpret_cast<const char*>(result.data()), length};
}

std::string hmac(const EVP_MD* kind, std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned int length = 0;
  HMAC(kind, key.data(), static_cast<int>(key.size()), raw(bytes), bytes.size(), result.data(),
       &length);
  return {reinterpret_cast<const char*>(result.data()), length};
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count));
  return bytes;
}

std::string base64(std::string_view bytes) {
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), raw(bytes),
                                     static_cast<int>(bytes.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

// Empty if it isn't Base64.
std::string from_base64(std::string_view encoded) {
  std::string bytes(encoded.size() / 4 * 3 + 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), raw(encoded),
                                     static_cast<int>(encoded.size()));
  if (length < 0) return {};
  bytes.resize(static_cast<std::size_t>(length));
  for (int padding = 0; padding < 2 && encoded.ends_with('='); ++padding) {
    encoded.remove_suffix(1);
    bytes.pop_back();
  }
  return bytes;
}

// The value of attribute `name` in a message such as "n=user,r=nonce". The message must have it.
std::optional<std::string_view> attribute(std::string_view message, char name) {
  while (true) {
    const std::size_t comma = message.find(',');
    const std::string_view part = message.substr(0, comma);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
    if (comma == std::string_view::npos) return std::nullopt;
    message.remove_prefix(comma + 1);
  }
}

std::string decoded_name(std::string_view saslname) {
  std::string name;
  while (!saslname.empty()) {
    const bool is_comma = saslname.starts_with("=2C");
    const bool is_equals_sign = saslname.starts_with("=3D");
    name.push_back(is_comma ? ',' : saslname.front());
    saslname.remove_prefix(is_comma || is_equals_sign ? 3 : 1);
  }
  return name;
}

// "n,," or "n,a=ZID,", up to and including the second comma. Channel binding isn't offered.
std::optional<std::string_view> gs2_header(std::string_view client_first) {
  if (!client_first.starts_with("n,") && !client_first.starts_with("y,")) return std::nullopt;
  const std::size_t second = client_first.find(',', 2);
  if (second == std::string_view::npos) return std::nullopt;
  return client_first.substr(0, second + 1);
}

}  // namespace

std::string_view mechanism_name(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::kSha1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
}

std::optional<ScramMechanism> mechanism_named(std::string_view name) {
  for (const ScramMechanism known : {ScramMechanism::kSha1, ScramMechanism::kSha256}) {
    if (mechanism_name(known) == name) return known;
  }
  return std::nullopt;
}

std::string make_salt(ScramMechanism mechanism) {
  return random_bytes(mechanism == ScramMechanism::kSha1 ? 16 : 28);
}

std::string scram_password(ScramMechanism mechanism, std::string_view user,
                           std::string_view password) {
  if (mechanism == ScramMechanism::kSha256) return std::string(password);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : digest(EVP_md5(), text(user, ":mongo:", password))) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

ScramCredential make_credential(ScramMechanism mechanism, std::string_view password,
                                std::string salt, int iterations) {
  const EVP_MD* kind = digest_of(mechanism);
  std::string salted(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                    static_cast<int>(salt.size()), iterations, kind,
                    static_cast<int>(salted.size()),
                    reinterpret_cast<unsigned char*>(salted.data()));
  return {mechanism, std::move(salt), iterations, digest(kind, hmac(kind, salted, "Client Key")),
          hmac(kind, salted, "Server Key")};
}

std::string ScramServer::random_nonce() { return base64(random_bytes(24)); }

Result<std::string> ScramServer::first(std::string_view client_first) {
  const auto header = gs2_header(client_first);
  if (!header) return Status::reject("SCRAM: malformed first message");
  const std::string_view bare = client_first.substr(header->size());
  const auto name = attribute(bare, 'n');
  const auto client_nonce = attribute(bare, 'r');
  if (!name || !client_nonce || client_nonce->empty()) {
    return Status::reject("SCRAM: first message without name or nonce");
  }
  if (decoded_name(*name) != user_) return Status::reject("SCRAM: unknown user");
  gs2_header_ = *header;
  nonce_ = text(*client_nonce, nonce_);
  std::string server_first =
      text("r=", nonce_, ",s=", base64(credential_.salt), ",i=", credential_.iterations);
  auth_message_ = text(bare, ",", server_first);
  return server_first;
}

bool ScramServer::is_proven(std::string_view client_final, std::string_view auth_message) const {
  const EVP_MD* kind = digest_of(credential_.mechanism);
  const auto proof = attribute(client_final, 'p');
  std::string key = proof ? from_base64(*proof) : std::string();
  const std::string signature = hmac(kind, credential_.stored_key, auth_message);
  if (key.size() != signature.size()) return false;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(key[i] ^ signature[i]);
  const std::string hashed = digest(kind, key);
  return CRYPTO_memcmp(hashed.data(), credential_.stored_key.data(), hashed.size()) == 0;
}

Result<std::string> ScramServer::final(std::string_view client_final) {
  const auto binding = attribute(client_final, 'c');
  const auto nonce = attribute(client_final, 'r');
  if (gs2_header_.empty() || !binding || *binding != base64(gs2_header_) || !nonce ||
      *nonce != nonce_) {
    return Status::reject("SCRAM: final message doesn't belong to the first");
  }
  const std::string_view without_proof = client_final.substr(0, client_final.rfind(",p="));
  const std::string auth_message = text(auth_message_, ",", without_proof);
  if (!is_proven(client_final, auth_message)) return Status::reject("SCRAM: wrong password");
  return text("v=",
              base64(hmac(digest_of(credential_.mechanism), credential_.server_key, auth_message)));
}

}  // namespace mongo_store::scripted
