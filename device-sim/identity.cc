// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace mongo_store::device_sim {
namespace {

using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;

Bio open_file(const std::string& path) { return {BIO_new_file(path.c_str(), "r"), BIO_free}; }

// Without this, OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

void Identity::Deleter::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void Identity::Deleter::operator()(stack_st_X509* chain) const {
  sk_X509_pop_free(chain, X509_free);
}
void Identity::Deleter::operator()(x509_st* certificate) const { X509_free(certificate); }

bool Identity::read_certificates(const std::string& path) {
  const Bio file = open_file(path);
  if (file == nullptr) return false;
  certificate_.reset(PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr));
  chain_.reset(sk_X509_new_null());
  while (X509* next = PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr)) {
    sk_X509_push(chain_.get(), next);
  }
  return certificate_ != nullptr;
}

bool Identity::read_key(const std::string& path) {
  const Bio file = open_file(path);
  if (file == nullptr) return false;
  key_.reset(PEM_read_bio_PrivateKey(file.get(), nullptr, no_password, nullptr));
  return key_ != nullptr;
}

std::variant<Identity, std::string> Identity::load(const std::string& certificate_file,
                                                   const std::string& key_file) {
  Identity identity;
  std::string error;
  if (!identity.read_certificates(certificate_file)) {
    error = "certificate '" + certificate_file +
            "' can't be used; accepted: a readable PEM file with a certificate";
  } else if (!identity.read_key(key_file)) {
    error = "private key '" + key_file +
            "' can't be used; accepted: a readable PEM file with a key that has no password";
  } else if (X509_check_private_key(identity.certificate_.get(), identity.key_.get()) != 1) {
    error = "certificate '" + certificate_file + "' and private key '" + key_file +
            "' don't match; accepted: a key that belongs to the certificate";
  }
  ERR_clear_error();  // including the one for the end of a file
  if (!error.empty()) return error;
  return identity;
}

bool Identity::show(ssl_st* connection) const {
  return SSL_use_certificate(connection, certificate_.get()) == 1 &&
         SSL_use_PrivateKey(connection, key_.get()) == 1 &&
         SSL_set1_chain(connection, chain_.get()) == 1;
}

}  // namespace mongo_store::device_sim
