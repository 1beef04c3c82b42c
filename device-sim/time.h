// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <chrono>

namespace mongo_store::device_sim {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

// The time of an event that won't happen.
inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace mongo_store::device_sim
