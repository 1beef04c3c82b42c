// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mongo_store {

using ByteView = std::span<const std::byte>;
using ByteBuffer = std::vector<std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Everything that this project stores on disk is little-endian, whatever the processor.
template <std::unsigned_integral T>
void store_le(std::byte* to, T value) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, &value, sizeof(T));
  } else {
    for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
  }
}
template <std::unsigned_integral T>
T load_le(const std::byte* from) {
  T value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, from, sizeof(T));
  } else {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(from[i]) << (8 * i)));
    }
  }
  return value;
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t multiple) {
  return value / multiple * multiple;
}

// Writes values one after the other into the caller's memory. A value that doesn't fit is not
// written and makes is_overrun() true. Nothing beyond the span is touched.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<std::byte> to) : to_(to) {}

  template <std::unsigned_integral T>
  void put(T value) {
    if (!reserve(sizeof(T))) return;
    store_le(to_.data() + used_, value);
    used_ += sizeof(T);
  }
  void put_bytes(ByteView bytes) {
    if (!reserve(bytes.size())) return;
    if (!bytes.empty()) std::memcpy(to_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  // A 16-bit length, then the bytes. A longer text doesn't fit.
  void put_text16(std::string_view text) {
    if (text.size() > UINT16_MAX) is_overrun_ = true;
    put(static_cast<std::uint16_t>(text.size()));
    put_bytes(as_bytes(text));
  }

  std::size_t used() const { return used_; }
  bool is_overrun() const { return is_overrun_; }

 private:
  bool reserve(std::size_t bytes) {
    if (to_.size() - used_ < bytes) is_overrun_ = true;
    return !is_overrun_;
  }

  std::span<std::byte> to_;
  std::size_t used_ = 0;
  bool is_overrun_ = false;
};

// Reads what ByteWriter wrote. Reading past the end returns zeros and makes is_overrun() true.
class ByteReader {
 public:
  explicit ByteReader(ByteView from) : from_(from) {}

  template <std::unsigned_integral T>
  T get() {
    const ByteView bytes = get_bytes(sizeof(T));
    return bytes.empty() ? T{0} : load_le<T>(bytes.data());
  }
  ByteView get_bytes(std::size_t count) {
    if (from_.size() - used_ < count) is_overrun_ = true;
    if (is_overrun_) return {};
    const ByteView bytes = from_.subspan(used_, count);
    used_ += count;
    return bytes;
  }
  std::string_view get_text16() {
    const auto length = get<std::uint16_t>();
    return as_text(get_bytes(length));
  }
  ByteView rest() const { return is_overrun_ ? ByteView{} : from_.subspan(used_); }
  bool is_overrun() const { return is_overrun_; }

 private:
  ByteView from_;
  std::size_t used_ = 0;
  bool is_overrun_ = false;
};

}  // namespace mongo_store
