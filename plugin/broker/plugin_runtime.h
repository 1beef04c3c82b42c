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

// Everything that the plugin owns, in the order in which it is needed; destroyed in the other
// order. The broker's thread only. Starting waits for no network; stopping is bounded.
class PluginRuntime {
 public:
  // Reads the options, takes a journal, recovers it and starts the threads. kRefuse: one line that
  // says what must be mended. Whatever was started is stopped again where it fails.
  static Result<std::unique_ptr<PluginRuntime>> start(std::span<const config::Setting> options);
  ~PluginRuntime();
  PluginRuntime(const PluginRuntime&) = delete;
  PluginRuntime& operator=(const PluginRuntime&) = delete;

  int on_message(const mosquitto_evt_message& event);
  // Log lines, and every ten seconds the status. Never waits.
  void on_tick();

  // Delivers for up to shutdown_drain_ms, then ends everything within two seconds more. What the
  // database doesn't take by then stays in the journal. A thread that hangs in a call into a dead
  // server is abandoned, with all that it may touch. Idempotent.
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

  // What the delivery threads may touch, as one block: it is destroyed as a whole, or, where a
  // thread was abandoned, not at all.
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
  std::optional<UserProperty> message_id_;  // the interceptor's, until there is one
  BrokerLog broker_log_;                    // of the interceptor
  std::unique_ptr<Interceptor> interceptor_;
  CallWatch call_watch_{engine_->log};
  std::int64_t next_status_ms_ = 0;
  std::int64_t next_upkeep_ms_ = 0;
  bool has_ticks_ = false;
  bool is_stopped_ = false;
};

}  // namespace mongo_store::broker
