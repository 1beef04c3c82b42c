// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "tests/support/scripted_mongod/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include "base/text.h"

namespace mongo_store::scripted {
namespace {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, SSL_CTX* context) : socket_(std::move(socket)), ssl_(SSL_new(context)) {
    SSL_set_fd(ssl_.get(), socket_.descriptor());
  }

  Status handshake() override {
    ERR_clear_error();
    return SSL_accept(ssl_.get()) == 1 ? Status() : Status::io("the TLS handshake failed");
  }

  Status read_exactly(std::span<std::byte> into) override {
    while (!into.empty()) {
      std::size_t got = 0;
      ERR_clear_error();
      if (SSL_read_ex(ssl_.get(), into.data(), into.size(), &got) != 1) {
        return Status::absent("closed by the peer");
      }
      into = into.subspan(got);
    }
    return Status();
  }

  Status write_all(ByteView bytes) override {
    std::size_t sent = 0;
    ERR_clear_error();
    const bool is_sent = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1;
    return is_sent ? Status() : Status::io("sending failed");
  }

  void interrupt() override { socket_.shut_down(); }

 private:
  Socket socket_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
};

Status tls_failure(const std::string& what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  return Status::refuse(text(what, ": ", reason.data()));
}

}  // namespace

Result<TlsContext> TlsContext::load(const std::string& certificate_key_file,
                                    const std::string& ca_file) {
  ContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return tls_failure("making a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_key_file.c_str()) != 1) {
    return tls_failure(text("reading the certificate of ", certificate_key_file));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), certificate_key_file.c_str(), SSL_FILETYPE_PEM) !=
      1) {
    return tls_failure(text("reading the key of ", certificate_key_file));
  }
  if (!ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
      return tls_failure(text("reading the authorities of ", ca_file));
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return TlsContext(std::move(context));
}

std::unique_ptr<Stream> TlsContext::accept(Socket socket) const {
  return std::make_unique<TlsStream>(std::move(socket), context_.get());
}

}  // namespace mongo_store::scripted
