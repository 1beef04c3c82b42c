// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/document_settings.h"

namespace mongo_store::config {

// All settings, validated individually and against each other. Built by parse_config() and
// immutable afterwards; any thread may read it. option_table.cc describes each option. Sizes are in
// bytes, durations in milliseconds; an empty string means "not set".
struct Config {
  std::vector<std::string> topics;  // at least one
  bool skips_bridged_retained = false;

  std::string mongo_uri;       // secret; includes the scheme
  std::string mongo_uri_file;  // the file that mongo_uri was read from
  std::string mongo_user;
  std::string mongo_password;       // secret; not empty if mongo_password_file is set
  std::string mongo_password_file;  // read again when authentication fails
  std::string mongo_auth_source;    // empty: the URI's, or `database`
  std::string mongo_tls_ca_file;
  std::string mongo_tls_certificate_key_file;
  std::uint64_t write_concern_nodes = 0;  // 0: majority

  std::string database;
  std::string collection;
  std::string dead_letter_collection;
  std::string gateway_id;  // never empty
  DeviceUid device_uid = DeviceUid::kPayload;
  std::uint64_t device_uid_level = 0;
  NumberType number_type = NumberType::kAuto;
  bool is_lenient = false;
  bool has_metadata = false;
  bool is_clock_steady = false;
  std::string message_id;  // see parse_message_id()
  std::uint64_t payload_max_bytes = 0;

  std::uint64_t batch_max_documents = 0;
  std::uint64_t batch_max_bytes = 0;  // at least payload_max_bytes
  std::int64_t batch_linger_ms = 0;
  std::uint64_t delivery_threads = 0;
  std::int64_t retry_min_ms = 0;
  std::int64_t retry_max_ms = 0;  // at least retry_min_ms
  std::int64_t shutdown_drain_ms = 0;

  std::string journal_dir;           // absolute
  std::int64_t journal_sync_ms = 0;  // 0: always
  std::uint64_t journal_max_bytes = 0;
};

}  // namespace mongo_store::config
