// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "broker/balance.h"
#include "broker/call_watch.h"
#include "broker/interceptor.h"
#include "broker/journal_file_system.h"
#include "broker/log_ring.h"
#include "broker/mosquitto_api.h"
#include "broker/user_property.h"
#include "config/config.h"
#include "config/environment.h"
#include "config/parse.h"
#include "delivery/delivery.h"
#include "journal/journal.h"
#include "journal/journal_folder.h"
#include "metrics/registry.h"
#include "mongo/driver_log.h"
#include "mongo/mongo_sink.h"

namespace mongo_store::broker {

// Owns everything in the plugin, in the order in which it is needed, and destroys it in reverse
// order. The broker's thread only. Starting waits for no network. Stopping takes a bounded time.
class PluginRuntime {
 public:
  // Reads the options, chooses and recovers a journal, and starts the threads. kRefuse: one line
  // that says what to fix. If it fails, everything that was started is stopped again.
  static Result<std::unique_ptr<PluginRuntime>> start(std::span<const config::Setting> options);
  ~PluginRuntime();
  PluginRuntime(const PluginRuntime&) = delete;
  PluginRuntime& operator=(const PluginRuntime&) = delete;

  int on_message(const mosquitto_evt_message& event);
  // Writes log lines, and the status every ten seconds. Never waits.
  void on_tick();

  // Delivers for up to shutdown_drain_ms, then ends everything within two more seconds. Records
  // that the database hasn't stored by then stay in the journal. A thread that hangs in a call to a
  // dead server is abandoned, with everything that it may touch. Idempotent.
  void stop();

 private:
  explicit PluginRuntime(config::Config config) : config_(std::move(config)) {}
  Status load_message_id();
  Status open_journal();
  Status open_sink();
  void start_delivery();
  void log_start(const config::Environment& environment);
  void abandon();
  void close_sink(std::chrono::steady_clock::time_point deadline);
  BalanceSheet balance_sheet() const;
  void publish_status_now();
  void do_upkeep(std::int64_t now_ms);
  void do_upkeep_without_ticks() noexcept;

  // Everything that the delivery threads may touch, as one block. It is destroyed as a whole, or
  // not at all if a thread was abandoned.
  struct Engine {
    SystemClock clock;
    LogRing log;
    metrics::Registry registry;
    std::unique_ptr<journal::FileSystem> files = journal_file_system();
    journal::JournalFolder folder;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<mongo::DriverLog> driver_log;
    std::unique_ptr<mongo::MongoSink> sink;
    std::unique_ptr<delivery::Delivery> delivery;
  };

  const config::Config config_;
  std::unique_ptr<Engine> engine_ = std::make_unique<Engine>();
  std::optional<UserProperty> message_id_;  // the interceptor's, as soon as there is one
  BrokerLog broker_log_;                    // of the interceptor
  std::unique_ptr<Interceptor> interceptor_;
  CallWatch call_watch_{engine_->log};
  std::int64_t next_status_ms_ = 0;
  std::int64_t next_upkeep_ms_ = 0;
  bool has_ticks_ = false;
  bool is_stopped_ = false;
};

}  // namespace mongo_store::broker
