// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/client.h"

#include <mosquitto.h>
#include <openssl/ssl.h>
#if !__has_include(<mosquitto/libmosquitto.h>)
#include <mqtt_protocol.h>  // from 2.1 on mosquitto.h has it
#endif
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mongo_store::device_sim {
namespace {

// A broker that is silent for twice this time is considered lost.
constexpr int kKeepAliveSeconds = 30;
// How long an MQTT 5 broker keeps the session of a device that was killed.
constexpr std::uint32_t kSessionExpirySeconds = 3600;
constexpr int kFirstErrorReason = 0x80;  // MQTT 5: reason codes from here on are refusals

std::string without_full_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string closing_reason(int code) {
  if (code == MOSQ_ERR_SUCCESS) return "disconnected";
  // libmosquitto reports this if the broker resets a TLS connection without an alert.
  if (code == MOSQ_ERR_ERRNO && errno == EPROTO) return "the broker closed the TLS connection";
  if (code == MOSQ_ERR_ERRNO) return std::strerror(errno);
  return without_full_stop(code >= kFirstErrorReason ? mosquitto_reason_string(code)
                                                     : mosquitto_strerror(code));
}

bool is_lasting_refusal(int code) {
  switch (code) {
    case CONNACK_REFUSED_PROTOCOL_VERSION:
    case CONNACK_REFUSED_IDENTIFIER_REJECTED:
    case CONNACK_REFUSED_BAD_USERNAME_PASSWORD:
    case CONNACK_REFUSED_NOT_AUTHORIZED:
    case MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION:
    case MQTT_RC_CLIENTID_NOT_VALID:
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
    case MQTT_RC_NOT_AUTHORIZED:
    case MQTT_RC_BANNED: return true;
    default: return false;
  }
}

std::string refusal_of(int code) {
  if (code == 0) return "";
  const char* text =
      code >= kFirstErrorReason ? mosquitto_reason_string(code) : mosquitto_connack_string(code);
  return "the broker refused the connection: " + without_full_stop(text);
}

}  // namespace

void Client::on_connack(mosquitto*, void* client, int code, int, const mosquitto_property*) {
  auto* self = static_cast<Client*>(client);
  self->listener_->on_connack(refusal_of(code), is_lasting_refusal(code));
}

void Client::on_closed(mosquitto*, void* client, int code, const mosquitto_property*) {
  static_cast<Client*>(client)->tell_closed(code);
}

void Client::on_published(mosquitto*, void* client, int mid, int code, const mosquitto_property*) {
  static_cast<Client*>(client)->listener_->on_published(mid, code >= kFirstErrorReason);
}

void Client::on_unsubscribed(mosquitto*, void* client, int) {
  static_cast<Client*>(client)->listener_->on_answered();
}

void Client::tell_closed(int code) {
  const bool is_lasting = tls_ != nullptr && tls_->is_distrusted();
  listener_->on_closed(reason_of(code), is_lasting);
}

// Tls knows the cause better than the library.
std::string Client::reason_of(int code) const {
  const bool is_known = tls_ != nullptr && !tls_->trouble().empty();
  return is_known ? tls_->trouble() : closing_reason(code);
}

void Client::Deleter::operator()(mosquitto* handle) const { mosquitto_destroy(handle); }

Client::Client(const Options& options, const Login& login, Tls* tls, const std::string& id,
               bool is_clean_session, ClientListener& listener)
    : listener_(&listener),
      tls_(tls),
      identity_(login.identity),
      is_v5_(options.protocol == Protocol::kV5),
      message_id_property_(options.message_id_property),
      handle_(mosquitto_new(id.c_str(), is_clean_session, this)) {
  if (handle_ == nullptr) std::abort();  // out of memory
  mosquitto_int_option(handle_.get(), MOSQ_OPT_PROTOCOL_VERSION,
                       static_cast<int>(options.protocol));
  mosquitto_int_option(handle_.get(), MOSQ_OPT_TCP_NODELAY, 1);
  set_login(login);
  if (is_v5_ && !is_clean_session) set_session_expiry();
  set_callbacks();
}

void Client::set_login(const Login& login) {
  if (!login.username.empty()) {
    const char* password = login.password.empty() ? nullptr : login.password.c_str();
    mosquitto_username_pw_set(handle_.get(), login.username.c_str(), password);
  }
  if (tls_ == nullptr) return;
  mosquitto_int_option(handle_.get(), MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  mosquitto_void_option(handle_.get(), MOSQ_OPT_SSL_CTX, tls_->context());
}

// Only the blocking connect call accepts properties for CONNECT. Without a host, it stores them and
// fails; connect() then uses them.
void Client::set_session_expiry() {
  mosquitto_property* properties = nullptr;
  mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                               kSessionExpirySeconds);
  mosquitto_connect_bind_v5(handle_.get(), nullptr, 0, kKeepAliveSeconds, nullptr, properties);
  mosquitto_property_free_all(&properties);
}

void Client::set_callbacks() {
  mosquitto_connect_v5_callback_set(handle_.get(), on_connack);
  mosquitto_disconnect_v5_callback_set(handle_.get(), on_closed);
  mosquitto_publish_v5_callback_set(handle_.get(), on_published);
  mosquitto_unsubscribe_callback_set(handle_.get(), on_unsubscribed);
}

// Called before each call that may read or write: Tls reports only on the next call.
void Client::begin() {
  if (tls_ != nullptr) tls_->begin(identity_);
  errno = 0;
}

bool Client::connect(const std::string& numeric_address, int port) {
  begin();
  const int code =
      mosquitto_connect_async(handle_.get(), numeric_address.c_str(), port, kKeepAliveSeconds);
  if (code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_CONN_PENDING) return true;
  error_ = reason_of(code);
  is_error_lasting_ = tls_ != nullptr && tls_->is_distrusted();
  return false;
}

PublishOutcome Client::publish(const std::string& topic, const std::string& payload, int qos,
                               const std::string& message_id, int& mid) {
  begin();
  mosquitto_property* properties = nullptr;
  if (!message_id.empty()) {
    mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY,
                                       message_id_property_.c_str(), message_id.c_str());
  }
  const int code =
      mosquitto_publish_v5(handle_.get(), &mid, topic.c_str(), static_cast<int>(payload.size()),
                           payload.data(), qos, false, properties);
  mosquitto_property_free_all(&properties);
  switch (code) {
    case MOSQ_ERR_SUCCESS: return PublishOutcome::kKept;
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_ERRNO: return PublishOutcome::kCutShort;
    default: error_ = without_full_stop(mosquitto_strerror(code)); return PublishOutcome::kRejected;
  }
}

void Client::ask_whether_read(const std::string& topic) {
  begin();
  mosquitto_unsubscribe(handle_.get(), nullptr, topic.c_str());
}

void Client::disconnect() {
  begin();
  mosquitto_property* properties = nullptr;
  if (is_v5_) {
    mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0);
  }
  mosquitto_disconnect_v5(handle_.get(), 0, properties);
  mosquitto_property_free_all(&properties);
}

void Client::drop() {
  if (socket() >= 0) ::shutdown(socket(), SHUT_RDWR);
}

// The library stops reading and writing if errno is EAGAIN, even from an earlier call: begin()
// clears it. If the TLS handshake fails, the library closes the socket without a callback.
void Client::read() {
  begin();
  const int code = mosquitto_loop_read(handle_.get(), 1);
  if (code == MOSQ_ERR_TLS && socket() < 0) tell_closed(code);
}

// The library continues the TLS handshake only when it reads. And the reason why the broker closed
// the connection must be read before a write fails.
void Client::write() {
  if (tls_ != nullptr) {
    read();
    if (socket() < 0 || handshake() != nullptr) return;
  }
  begin();
  mosquitto_loop_write(handle_.get(), 1);
}

void Client::keep_alive() {
  begin();
  mosquitto_loop_misc(handle_.get());
}

int Client::socket() const { return mosquitto_socket(handle_.get()); }

// The TLS connection if its handshake isn't complete, otherwise null.
ssl_st* Client::handshake() const {
  if (tls_ == nullptr || socket() < 0) return nullptr;
  auto* connection = static_cast<SSL*>(mosquitto_ssl_get(handle_.get()));
  return connection == nullptr || SSL_is_init_finished(connection) == 1 ? nullptr : connection;
}

bool Client::wants_write() const {
  if (const SSL* connection = handshake()) return !SSL_want_read(connection);
  return mosquitto_want_write(handle_.get());
}

}  // namespace mongo_store::device_sim
