// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mongo_store::device_sim {
namespace {

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool is_about_certificates(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED: return true;
    default: return false;
  }
}

// OpenSSL accepts a folder without certificates or a missing file, and then trusts nobody.
std::optional<std::string> load_trusted(SSL_CTX* context, const Options& options) {
  if (!options.cafile.empty() && SSL_CTX_load_verify_file(context, options.cafile.c_str()) != 1) {
    return "--cafile '" + options.cafile +
           "' can't be used; accepted: a readable PEM file of certificates";
  }
  if (!options.capath.empty() && SSL_CTX_load_verify_dir(context, options.capath.c_str()) != 1) {
    return "--capath '" + options.capath +
           "' can't be used; accepted: a folder that openssl rehash has prepared";
  }
  if (options.uses_os_certificates) SSL_CTX_set_default_verify_paths(context);
  return std::nullopt;
}

bool is_waiting(const SSL* connection) {
  return (SSL_want_read(connection) && BIO_should_read(SSL_get_rbio(connection)) != 0) ||
         (SSL_want_write(connection) && BIO_should_write(SSL_get_wbio(connection)) != 0);
}

// OpenSSL 3.0 has no text for the alert that TLS 1.3 added.
std::string text_of_alert(int alert) {
  return alert == TLS13_AD_CERTIFICATE_REQUIRED ? "certificate required"
                                                : SSL_alert_desc_string_long(alert);
}

Tls& tls_of(const SSL* connection) {
  return *static_cast<Tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
}

}  // namespace

void Tls::Deleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::optional<std::string> Tls::load(const Options& options) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = context_.get();
  if (context == nullptr) return "can't create a TLS context";
  auto error = load_trusted(context, options);
  ERR_clear_error();
  if (error.has_value()) return error;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // saves 34 kB for each idle connection
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verification);
  SSL_CTX_set_info_callback(context, on_event);
  SSL_CTX_set_cert_cb(context, on_certificate_wanted, this);
  return std::nullopt;
}

void Tls::begin(const Identity* identity) {
  identity_ = identity;
  trouble_.clear();
  is_distrusted_ = false;
}

// The first cause counts: later ones are consequences.
void Tls::note(const std::string& trouble, bool is_distrusted) {
  if (!trouble_.empty()) return;
  trouble_ = trouble;
  is_distrusted_ = is_distrusted;
}

void Tls::on_event(const ssl_st* connection, int where, int code) {
  Tls& tls = tls_of(connection);
  if ((where & SSL_CB_HANDSHAKE_START) != 0) tls.set_name(const_cast<SSL*>(connection));
  if (where == SSL_CB_READ_ALERT) tls.note_alert(code);
  if (where == SSL_CB_CONNECT_EXIT && code <= 0 && !is_waiting(connection)) tls.note_failure();
}

// libmosquitto sends the numeric address as the server name (and 2.1 also verifies the certificate
// for it). Send and verify the broker's name instead.
void Tls::set_name(ssl_st* connection) const {
  X509_VERIFY_PARAM* wanted = SSL_get0_param(connection);
  if (is_numeric(broker_)) {
    SSL_set_tlsext_host_name(connection, nullptr);
    X509_VERIFY_PARAM_set1_ip_asc(wanted, broker_.c_str());
    return;
  }
  SSL_set_tlsext_host_name(connection, broker_.c_str());
  X509_VERIFY_PARAM_set1_ip(wanted, nullptr, 0);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  X509_VERIFY_PARAM_set1_host(wanted, broker_.c_str(), 0);
}

void Tls::note_alert(int code) {
  constexpr int kFatal = SSL3_AL_FATAL << 8;
  if ((code & ~0xff) != kFatal) return;
  const int alert = code & 0xff;
  note("the broker ended TLS: " + text_of_alert(alert), is_about_certificates(alert));
}

// libmosquitto 2.0 treats a connection that fails during the handshake as still in progress, unless
// OpenSSL's error queue has an error.
void Tls::note_failure() {
  const unsigned long error = ERR_peek_last_error();
  const bool is_of_system = error == 0 || ERR_GET_LIB(error) == ERR_LIB_SYS;
  if (is_of_system && errno != 0 && errno != ECONNRESET && errno != EPIPE) {
    note(std::strerror(errno), false);  // there was no connection
  } else {
    const char* reason = is_of_system ? nullptr : ERR_reason_error_string(error);
    note(
        std::string("no TLS: ") + (reason == nullptr ? "the broker closed the connection" : reason),
        false);
  }
  if (is_of_system) ERR_raise(ERR_LIB_SSL, SSL_R_SSL_HANDSHAKE_FAILURE);
}

int Tls::on_verification(int is_good, x509_store_ctx_st* verification) {
  if (is_good == 1) return is_good;
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  const auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, index));
  Tls& tls = tls_of(connection);
  const int error = X509_STORE_CTX_get_error(verification);
  tls.note("the broker's certificate isn't trusted for " + tls.broker_ + ": " +
               X509_verify_cert_error_string(error),
           true);
  return is_good;
}

int Tls::on_certificate_wanted(ssl_st* connection, void* tls) {
  const Identity* identity = static_cast<Tls*>(tls)->identity_;
  return identity == nullptr || identity->show(connection) ? 1 : 0;
}

}  // namespace mongo_store::device_sim
