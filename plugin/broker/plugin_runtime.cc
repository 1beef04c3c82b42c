// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/plugin_runtime.h"

#include <pthread.h>

#include <future>
#include <thread>
#include <utility>

#include "base/signal_block.h"
#include "base/text.h"
#include "broker/memory_limit.h"
#include "broker/status_topic.h"
#include "config/environment.h"
#include "config/message_id.h"
#include "config/summary.h"
#include "message/delivery_context.h"
#include "mongo/driver.h"
#include "wiring/settings.h"

namespace mongo_store::broker {
namespace {

constexpr std::size_t kLogLinesPerTick = 16;
constexpr std::int64_t kUpkeepIntervalMs = 1000;  // driven by messages if there are no ticks
// After shutdown_drain_ms: for threads to end, and for the driver to close its connections.
constexpr std::chrono::milliseconds kThreadsEnd{1000};
constexpr std::chrono::milliseconds kDriverEnd{500};

// The operating system's messages name only a file. The others also say what they are about.
Status with_option(const Status& failure) {
  if (failure.code() != StatusCode::kIo && failure.code() != StatusCode::kAbsent) return failure;
  return Status(failure.code(), text("journal_dir: ", failure.message(),
                                     "; accepted: a folder on a local disk that the broker's user "
                                     "may write to"));
}

// It counts as finished even if it fails.
void close_and_say_so(mongo::MongoSink& sink, std::promise<void>& done) noexcept {
  try {
    sink.close();
  } catch (...) {
    done.set_value();
    return;
  }
  done.set_value();
}

}  // namespace

Result<std::unique_ptr<PluginRuntime>> PluginRuntime::start(
    std::span<const config::Setting> options) {
  std::vector<std::string> warnings;
  const config::Environment environment = config::process_environment();
  Result<config::Config> config =
      config::parse_config(options, environment, config::host_facts(), warnings);
  for (const std::string& warning : warnings) write_log(LogLevel::kWarning, warning);
  if (!config.is_ok()) return config.status();
  std::unique_ptr<PluginRuntime> runtime(new PluginRuntime(std::move(config).value()));
  Status started = runtime->load_message_id();
  if (started.is_ok()) started = runtime->open_sink();
  if (started.is_ok()) started = runtime->open_journal();
  if (!started.is_ok()) return started;
  runtime->start_delivery();
  runtime->log_start(environment);
  runtime->call_watch_.start();
  return runtime;
}

PluginRuntime::~PluginRuntime() { stop(); }

Status PluginRuntime::load_message_id() {
  const config::MessageId message_id = config::parse_message_id(config_.message_id);
  if (message_id.source != MessageIdSource::kProperty) return {};
  Result<PropertyFunctions> functions = PropertyFunctions::load();
  if (!functions.is_ok()) return functions.status();
  message_id_.emplace(functions.value(), std::string(message_id.name));
  return {};
}

Status PluginRuntime::open_sink() {
  mongo::start_driver();
  engine_->driver_log = std::make_unique<mongo::DriverLog>(engine_->log);
  const auto sessions_max = static_cast<std::uint32_t>(config_.delivery_threads);
  Result<std::unique_ptr<mongo::MongoSink>> sink = mongo::MongoSink::create(
      wiring::connection_options(config_, sessions_max, "mosquitto-mongo-store"));
  if (!sink.is_ok()) return sink.status();
  engine_->sink = std::move(sink).value();
  return {};
}

Status PluginRuntime::open_journal() {
  Result<journal::JournalFolder> folder =
      journal::lock_journal_folder(config_.journal_dir, *engine_->files);
  if (!folder.is_ok()) return with_option(folder.status());
  engine_->folder = std::move(folder).value();
  journal::Journal::Settings settings;
  settings.directory = engine_->folder.path;
  settings.bytes_max = config_.journal_max_bytes;
  settings.sync_interval_ms = config_.journal_sync_ms;
  settings.runway_bytes_max = runway_bytes_max(memory_limit());
  settings.medium = engine_->folder.facts.medium;
  settings.context = message::encode_context(wiring::delivery_context(config_));
  Result<std::unique_ptr<journal::Journal>> journal =
      journal::Journal::open(std::move(settings), *engine_->files, engine_->clock, engine_->log);
  if (!journal.is_ok()) return journal.status();
  engine_->journal = std::move(journal).value();
  return {};
}

void PluginRuntime::start_delivery() {
  engine_->delivery = std::make_unique<delivery::Delivery>(
      wiring::delivery_settings(config_), *engine_->journal, *engine_->sink, engine_->registry,
      engine_->clock, engine_->log);
  Interceptor::Settings settings;
  settings.topics = config_.topics;
  settings.payload_bytes_max = static_cast<std::uint32_t>(config_.payload_max_bytes);
  settings.skips_bridged_retained = config_.skips_bridged_retained;
  settings.is_clock_steady = config_.is_clock_steady;
  settings.build_ms = std::int64_t{MONGO_STORE_BUILD_SECONDS} * 1000;
  settings.has_message_ids =
      config::parse_message_id(config_.message_id).source != MessageIdSource::kOff;
  settings.message_id = std::move(message_id_);
  interceptor_ = std::make_unique<Interceptor>(std::move(settings), *engine_->journal,
                                               engine_->clock, broker_log_);
  mongo::skip_cleanup_at_exit();  // until close_sink() has ended all that runs in the driver
  engine_->delivery->start();
}

void PluginRuntime::log_start(const config::Environment& environment) {
  LogRing& log = engine_->log;
  const journal::JournalFolder& folder = engine_->folder;
  const std::string from_environment = config::environment_summary(environment);
  log.log(LogLevel::kInfo,
          text("version " MONGO_STORE_VERSION ", to ", engine_->sink->hosts(),
               ", options: ", config::summary(config_),
               from_environment.empty() ? "" : "; from the environment: ", from_environment));
  for (const std::string& warning : filter_warnings(config_.topics)) {
    log.log(LogLevel::kWarning, warning);
  }
  log.log(LogLevel::kInfo,
          text("journal ", folder.path, " on ", folder.facts.name, ", ",
               engine_->journal->recovered_pending(), " records of earlier runs pending"));
  if (folder.facts.medium == journal::Medium::kVolatile) {
    log.log(LogLevel::kWarning,
            text("journal ", folder.path, " is on ", folder.facts.name,
                 ", which may not outlive this machine or container: put journal_dir on a volume"));
  }
  for (const std::string& orphan : folder.orphans) {
    log.log(LogLevel::kWarning,
            text("journal ", orphan,
                 " has pending records, but no broker uses it; they are delivered when another "
                 "broker starts on this journal_dir, or by mongo-store journal deliver"));
  }
  interceptor_->log_notices(engine_->clock.monotonic_ms());
  log.log(LogLevel::kInfo, balance_line(balance_sheet()));
  log.drain_all();
}

int PluginRuntime::on_message(const mosquitto_evt_message& event) {
  call_watch_.note_call();
  const int result = interceptor_->on_message(event);
  if (!has_ticks_) do_upkeep_without_ticks();
  return result;
}

void PluginRuntime::on_tick() {
  call_watch_.note_call();
  has_ticks_ = true;
  do_upkeep(engine_->clock.monotonic_ms());
}

void PluginRuntime::do_upkeep(std::int64_t now_ms) {
  interceptor_->log_changes();
  interceptor_->log_notices(now_ms);
  engine_->log.drain(kLogLinesPerTick);
  if (now_ms < next_status_ms_) return;
  next_status_ms_ = now_ms + kStatusIntervalMs;
  publish_status_now();
}

// Mosquitto before 2.0.15 has no ticks under per_listener_settings true, not even a first one.
// There, messages trigger the logging and the status, and a tick's work at most once a second. A
// failure here for lack of memory doesn't change the answer to the message.
void PluginRuntime::do_upkeep_without_ticks() noexcept {
  const std::int64_t now_ms = engine_->clock.monotonic_ms();
  if (now_ms < next_upkeep_ms_) return;
  next_upkeep_ms_ = now_ms + kUpkeepIntervalMs;
  try {
    do_upkeep(now_ms);
  } catch (...) {
    return;
  }
}

void PluginRuntime::publish_status_now() {
  StatusFacts facts;
  facts.gateway_id = config_.gateway_id;
  facts.journal = engine_->folder.path;
  facts.journal_bytes = engine_->journal->used_bytes();
  facts.journal_bytes_max = engine_->journal->bytes_max();
  facts.is_refusing = engine_->journal->is_refusing();
  facts.is_clock_suspect = interceptor_->is_clock_suspect();
  facts.time_ms = engine_->clock.wall_ms();
  publish_status(status_json(balance_sheet(), facts, engine_->registry.snapshot()));
}

BalanceSheet PluginRuntime::balance_sheet() const {
  return {engine_->journal->balance(), interceptor_->counts()};
}

void PluginRuntime::stop() {
  if (is_stopped_) return;
  is_stopped_ = true;
  call_watch_.stop();
  bool is_abandoned = false;
  if (engine_->delivery != nullptr) {
    const auto drained_by =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(config_.shutdown_drain_ms);
    engine_->delivery->drain(drained_by);
    is_abandoned = !engine_->delivery->stop(std::chrono::steady_clock::now() + kThreadsEnd);
  }
  if (engine_->journal != nullptr) engine_->journal->close();
  if (interceptor_ != nullptr) engine_->log.log(LogLevel::kInfo, balance_line(balance_sheet()));
  if (is_abandoned) {
    abandon();
  } else if (engine_->sink != nullptr) {
    engine_->delivery.reset();
    engine_->driver_log.reset();  // errors while closing don't matter
    close_sink(std::chrono::steady_clock::now() + kDriverEnd);
  }
  engine_->log.drain_all();
  if (is_abandoned) (void)engine_.release();
}

void PluginRuntime::abandon() {
  engine_->log.log(
      LogLevel::kNotice,
      text("delivery: MongoDB didn't answer before the stop ended; nothing is lost: ",
           engine_->journal->balance().pending,
           " messages are still in the journal and will be delivered after the next start"));
}

// Closing can block on a server that doesn't answer, so a separate thread does it.
void PluginRuntime::close_sink(std::chrono::steady_clock::time_point deadline) {
  std::promise<void> done;
  std::future<void> closed = done.get_future();
  std::thread closing;
  {
    const SignalBlock block;  // the thread inherits it
    closing = std::thread([sink = engine_->sink.get(), done = std::move(done)]() mutable noexcept {
      pthread_setname_np(pthread_self(), "mongo-close");
      close_and_say_so(*sink, done);
    });
  }
  if (closed.wait_until(deadline) == std::future_status::ready) {
    closing.join();
    mongo::allow_cleanup_at_exit();
    return;
  }
  closing.detach();
  (void)engine_->sink.release();
}

}  // namespace mongo_store::broker
