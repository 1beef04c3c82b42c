// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "tests/support/scripted_mongod/stream.h"

namespace mongo_store::scripted {

// A server's certificate and its trusted authorities. Must outlive the streams that are created
// with it.
class TlsContext {
 public:
  // `certificate_key_file`: a PEM file with the certificate chain and the private key. `ca_file`:
  // the authorities that must have signed each client's certificate; empty: none is required.
  static Result<TlsContext> load(const std::string& certificate_key_file,
                                 const std::string& ca_file);
  // The thread that uses the stream must have SIGPIPE blocked or ignored.
  std::unique_ptr<Stream> accept(Socket socket) const;

 private:
  struct ContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using ContextHandle = std::unique_ptr<SSL_CTX, ContextDeleter>;

  explicit TlsContext(ContextHandle context) : context_(std::move(context)) {}

  ContextHandle context_;
};

}  // namespace mongo_store::scripted
