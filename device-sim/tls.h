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

// The one TLS context of all connections: what is trusted, and the name that the broker's
// certificate must hold, which libmosquitto doesn't know (Address). What happens within a call into
// libmosquitto concerns the connection of the last begin(): all of them are on one thread.
class Tls {
 public:
  explicit Tls(std::string broker) : broker_(std::move(broker)) {}
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // Call it once, before all others. The error is one line.
  std::optional<std::string> load(const Options& options);
  ssl_ctx_st* context() const { return context_.get(); }

  // Before each call into libmosquitto: who the connection is to show itself as; may be null.
  void begin(const Identity* identity);
  // What went wrong since begin(); empty: nothing that TLS knows of.
  const std::string& trouble() const { return trouble_; }
  // It is about who trusts whom: asking again is no use.
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
