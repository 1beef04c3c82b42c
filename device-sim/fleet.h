// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "device-sim/address.h"
#include "device-sim/device.h"
#include "device-sim/ledger.h"
#include "device-sim/logins.h"
#include "device-sim/options.h"
#include "device-sim/outage.h"
#include "device-sim/schedule.h"
#include "device-sim/summary.h"
#include "device-sim/time.h"
#include "device-sim/tls.h"

struct epoll_event;

namespace mongo_store::device_sim {

// All devices, on one thread and one epoll loop. libmosquitto's own loop is limited to descriptor
// 1023.
class Fleet {
 public:
  explicit Fleet(const Options& options);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet();

  // Raises the limit of open files as needed, reads the TLS files, opens the ledger, and blocks
  // SIGPIPE, SIGINT and SIGTERM (run() handles the latter two). Call it once, before run(). Returns
  // an error of one line.
  std::optional<std::string> prepare();
  // Returns when all devices are gone, ten seconds after sending ended, or at a second signal.
  // Returns an error of one line if it was useless to continue.
  std::optional<std::string> run();

  const Tally& tally() const { return tally_; }

 private:
  // The last known state of a device, to detect changes.
  struct Seen {
    std::uint64_t generation = 0;
    std::uint32_t events = 0;
    bool is_down = false;
    bool is_connected = false;
    bool has_sent_all = false;
    bool is_gone = false;
  };

  void make_devices(TimePoint now);
  void turn();
  void handle(const epoll_event& event, TimePoint now);
  void call_due(TimePoint now);
  void sweep(TimePoint now);
  void take_signal(TimePoint now);
  void stop(TimePoint now);
  void look_up_broker(TimePoint now);
  void count_never_connected();
  int wait_ms(TimePoint now) const;
  bool is_over(TimePoint now) const;

  void settle(std::size_t index, TimePoint now);
  void settle_socket(std::size_t index);
  void settle_counts(std::size_t index, TimePoint now);

  Options options_;
  Address address_;
  Tally tally_;
  Random random_;
  Ledger ledger_;
  Logins logins_;
  Tls tls_;
  Surroundings surroundings_;
  Outage outage_;
  Schedule schedule_;
  std::deque<Device> devices_;
  std::vector<Seen> seen_;
  std::string fatal_error_;
  int epoll_ = -1;
  int signals_ = -1;
  std::size_t connected_ = 0;
  std::size_t sent_all_ = 0;
  std::size_t gone_ = 0;
  TimePoint next_sweep_ = kNever;
  TimePoint stop_at_ = kNever;
  TimePoint give_up_at_ = kNever;
  int signals_taken_ = 0;
};

}  // namespace mongo_store::device_sim
