// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/pem_file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "config/path.h"

namespace mongo_store::config {
namespace {

template <auto Free>
struct FreeWith {
  void operator()(auto* pointer) const { Free(pointer); }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

// Discards our errors from OpenSSL's error queue, which we share with the broker.
class ErrorsForgotten {
 public:
  ErrorsForgotten() { ERR_set_mark(); }
  ~ErrorsForgotten() { ERR_pop_to_mark(); }
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
};

int note_encryption(char*, int, int, void* is_encrypted) {
  *static_cast<bool*>(is_encrypted) = true;
  return -1;
}

Certificate first_certificate(const std::string& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  return Certificate(
      file == nullptr ? nullptr : PEM_read_bio_X509_AUX(file.get(), nullptr, nullptr, nullptr));
}

std::string check_key(const std::string& path, X509* certificate) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  bool is_encrypted = false;
  const Key key(file == nullptr
                    ? nullptr
                    : PEM_read_bio_PrivateKey(file.get(), nullptr, note_encryption, &is_encrypted));
  if (is_encrypted) return "";
  if (key == nullptr) return "contains no PEM private key";
  return X509_check_private_key(certificate, key.get()) == 1
             ? ""
             : "contains a private key that doesn't match its certificate";
}

std::string check(std::string_view given, bool has_key) {
  const std::string path(given);
  std::string reason = check_path(path);
  if (reason.empty()) reason = check_readable(path);
  if (!reason.empty()) return reason;
  const ErrorsForgotten errors_forgotten;
  const Certificate certificate = first_certificate(path);
  if (certificate == nullptr) return "contains no PEM certificate";
  return has_key ? check_key(path, certificate.get()) : "";
}

}  // namespace

std::string check_certificate_file(std::string_view path) { return check(path, false); }

std::string check_certificate_key_file(std::string_view path) { return check(path, true); }

}  // namespace mongo_store::config
