// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <variant>

struct evp_pkey_st;
struct stack_st_X509;
struct ssl_st;
struct x509_st;

namespace mongo_store::device_sim {

// A certificate with its chain and private key. It is read once and presented in each connection of
// its devices.
class Identity {
 public:
  // Reads PEM files; both paths may name the same file. The error is one line.
  static std::variant<Identity, std::string> load(const std::string& certificate_file,
                                                  const std::string& key_file);

  bool show(ssl_st* connection) const;

 private:
  struct Deleter {
    void operator()(evp_pkey_st* key) const;
    void operator()(stack_st_X509* chain) const;
    void operator()(x509_st* certificate) const;
  };

  Identity() = default;
  bool read_certificates(const std::string& file);
  bool read_key(const std::string& file);

  std::unique_ptr<x509_st, Deleter> certificate_;
  std::unique_ptr<stack_st_X509, Deleter> chain_;
  std::unique_ptr<evp_pkey_st, Deleter> key_;
};

}  // namespace mongo_store::device_sim
