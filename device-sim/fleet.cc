// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/fleet.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace mongo_store::device_sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr rlim_t kDescriptorsPerDevice = 3;   // libmosquitto: a socket and a socket pair
constexpr rlim_t kDescriptorsBeside = 16;     // standard streams, epoll, signals, resolver
constexpr microseconds kConnectSpacing{500};  // a broker's queue of new connections is short
constexpr seconds kSweepPeriod{5};
constexpr seconds kDrainDeadline{10};
constexpr milliseconds kWaitMax{60000};
constexpr std::uint64_t kSignalEvent = UINT64_MAX;
constexpr std::size_t kEventsMax = 256;

std::optional<std::string> raise_descriptor_limit(std::size_t devices) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  const rlim_t needed = devices * kDescriptorsPerDevice + kDescriptorsBeside;
  if (limit.rlim_cur >= needed) return std::nullopt;
  if (limit.rlim_max >= needed) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return std::nullopt;
  }
  const rlim_t spare = limit.rlim_max - std::min(limit.rlim_max, kDescriptorsBeside);
  return "--devices '" + std::to_string(devices) + "' is too many; accepted: at most " +
         std::to_string(spare / kDescriptorsPerDevice) + " here, because a device needs 3 of the " +
         std::to_string(limit.rlim_max) + " open files that the hard limit allows";
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Fleet::Fleet(const Options& options)
    : options_(options),
      address_(options_.broker, options_.port),
      random_(std::random_device{}() | std::uint64_t{std::random_device{}()} << 32U),
      tls_(options_.broker),
      surroundings_{options_, address_, tally_,
                    random_,  ledger_,  options_.has_tls() ? &tls_ : nullptr},
      outage_(address_.name()),
      schedule_(options_.devices),
      seen_(options_.devices) {
  tally_.devices = options_.devices;
}

Fleet::~Fleet() {
  devices_.clear();
  if (signals_ >= 0) ::close(signals_);
  if (epoll_ >= 0) ::close(epoll_);
}

std::optional<std::string> Fleet::prepare() {
  if (auto error = raise_descriptor_limit(options_.devices)) return error;
  if (options_.has_tls()) {
    if (auto error = tls_.load(options_)) return error;
  }
  if (auto error = logins_.load(options_)) return error;
  if (!options_.ledger.empty() && !ledger_.open(options_.ledger)) return ledger_.error();
  const sigset_t ending = ending_signals();
  (void)std::signal(SIGPIPE, SIG_IGN);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  signals_ = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kSignalEvent;
  if (epoll_ < 0 || signals_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, signals_, &event) != 0) {
    return std::string("can't set up the event loop: ") + std::strerror(errno);
  }
  return std::nullopt;
}

// Devices start one after the other during one period, so that they don't all send at once.
void Fleet::make_devices(TimePoint now) {
  const auto count = static_cast<Duration::rep>(options_.devices);
  for (std::size_t i = 0; i < options_.devices; ++i) {
    const auto place = static_cast<Duration::rep>(i);
    const Duration lead(options_.period.count() / count * place);
    devices_.emplace_back(surroundings_, logins_.of(i), now + kConnectSpacing * place, lead);
    schedule_.set(i, devices_[i].next_time());
  }
}

std::optional<std::string> Fleet::run() {
  address_.resolve(Clock::now());
  const TimePoint start = Clock::now();
  make_devices(start);
  next_sweep_ = start + kSweepPeriod;
  if (options_.duration.has_value()) stop_at_ = start + *options_.duration;
  while (!is_over(Clock::now())) turn();
  count_never_connected();
  if (fatal_error_.empty()) return std::nullopt;
  return fatal_error_;
}

void Fleet::count_never_connected() {
  for (const Device& device : devices_) {
    if (!device.was_connected()) ++tally_.never_connected[device.why_never_connected()];
  }
}

bool Fleet::is_over(TimePoint now) const {
  return gone_ == devices_.size() || now >= give_up_at_ || signals_taken_ > 1 ||
         !fatal_error_.empty();
}

void Fleet::turn() {
  std::array<epoll_event, kEventsMax> events{};
  const int count = epoll_wait(epoll_, events.data(), kEventsMax, wait_ms(Clock::now()));
  const TimePoint now = Clock::now();
  for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)], now);
  if (now >= stop_at_) stop(now);
  call_due(now);
  if (now >= next_sweep_) sweep(now);
}

int Fleet::wait_ms(TimePoint now) const {
  const TimePoint next = std::min({schedule_.next(), next_sweep_, stop_at_, give_up_at_});
  if (next <= now) return 0;
  const auto wait = std::chrono::ceil<milliseconds>(std::min<Duration>(next - now, kWaitMax));
  return static_cast<int>(wait.count());
}

void Fleet::handle(const epoll_event& event, TimePoint now) {
  if (event.data.u64 == kSignalEvent) return take_signal(now);
  const std::size_t index = event.data.u64;
  Device& device = devices_[index];
  if (device.socket() < 0) return;  // closed earlier in this turn
  if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) device.on_readable(now);
  const bool is_same_socket = device.socket_generation() == seen_[index].generation;
  if ((event.events & EPOLLOUT) != 0 && is_same_socket && device.socket() >= 0) {
    device.on_writable(now);
  }
  settle(index, now);
}

void Fleet::call_due(TimePoint now) {
  for (const std::size_t index : schedule_.take_due(now)) {
    if (devices_[index].is_down()) look_up_broker(now);
    devices_[index].on_time(now);
    settle(index, now);
  }
}

void Fleet::sweep(TimePoint now) {
  next_sweep_ = now + kSweepPeriod;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    devices_[i].keep_alive(now);
    settle(i, now);
  }
}

void Fleet::look_up_broker(TimePoint now) {
  if (connected_ == 0) address_.resolve(now);
}

void Fleet::take_signal(TimePoint now) {
  signalfd_siginfo taken{};
  if (::read(signals_, &taken, sizeof taken) != static_cast<ssize_t>(sizeof taken)) return;
  ++signals_taken_;
  stop(now);
}

void Fleet::stop(TimePoint now) {
  stop_at_ = kNever;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    devices_[i].stop(now);
    settle(i, now);
  }
}

void Fleet::settle(std::size_t index, TimePoint now) {
  settle_socket(index);
  if (fatal_error_.empty()) fatal_error_ = devices_[index].fatal_error();
  if (!fatal_error_.empty()) return;  // nothing else matters any more
  settle_counts(index, now);
  schedule_.set(index, devices_[index].next_time());
}

// The kernel removes a closed socket from the epoll set.
void Fleet::settle_socket(std::size_t index) {
  const Device& device = devices_[index];
  Seen& seen = seen_[index];
  if (device.socket() < 0) return;
  const bool is_new = seen.generation != device.socket_generation();
  epoll_event event{};
  event.events = EPOLLIN | (device.wants_write() ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.u64 = index;
  if (!is_new && seen.events == event.events) return;
  const int operation = is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, operation, device.socket(), &event) != 0) {
    fatal_error_ = std::string("can't watch a socket: ") + std::strerror(errno);
  }
  seen.generation = device.socket_generation();
  seen.events = event.events;
}

void Fleet::settle_counts(std::size_t index, TimePoint now) {
  const Device& device = devices_[index];
  Seen& seen = seen_[index];
  if (device.is_gone() && !seen.is_gone) {
    ++gone_;
    if (seen.is_down) outage_.device_gone();
  } else if (device.is_down() && !seen.is_down) {
    outage_.device_down(device.last_failure(), now);
  } else if (!device.is_down() && seen.is_down && !device.is_gone()) {
    outage_.device_up(now);
  }
  if (device.is_connected() != seen.is_connected) connected_ += device.is_connected() ? 1 : -1;
  if (device.has_sent_all() && !seen.has_sent_all && ++sent_all_ == devices_.size()) {
    give_up_at_ = now + kDrainDeadline;
  }
  seen = {seen.generation,       seen.events,           device.is_down(),
          device.is_connected(), device.has_sent_all(), device.is_gone()};
}

}  // namespace mongo_store::device_sim
