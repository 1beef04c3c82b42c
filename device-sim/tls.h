// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "device-sim/identity.h"
#include "device-sim/options.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace mongo_store::device_sim {

// The TLS context of all connections. It knows the trusted authorities, and the name that the
// broker's certificate must be valid for, which libmosquitto doesn't know (see Address). All
// connections are on one thread: events during a call to libmosquitto concern the connection of the
// last begin().
class Tls {
 public:
  explicit Tls(std::string broker) : broker_(std::move(broker)) {}
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // Call it once, first. The error is one line.
  std::optional<std::string> load(const Options& options);
  ssl_ctx_st* context() const { return context_.get(); }

  // Call it before each call to libmosquitto, with the identity of that connection; may be null.
  void begin(const Identity* identity);
  // The error since begin(); empty if TLS has none.
  const std::string& trouble() const { return trouble_; }
  // One side doesn't trust the other: trying again is useless.
  bool is_distrusted() const { return is_distrusted_; }

 private:
  struct Deleter {
    void operator()(ssl_ctx_st* context) const;
  };

  static void on_event(const ssl_st* connection, int where, int code);
  static int on_verification(int is_good, x509_store_ctx_st* verification);
  static int on_certificate_wanted(ssl_st* connection, void* tls);

  void set_name(ssl_st* connection) const;
  void note_alert(int code);
  void note_failure();
  void note(const std::string& trouble, bool is_distrusted);

  std::string broker_;
  const Identity* identity_ = nullptr;
  std::string trouble_;
  bool is_distrusted_ = false;
  std::unique_ptr<ssl_ctx_st, Deleter> context_;
};

}  // namespace mongo_store::device_sim
