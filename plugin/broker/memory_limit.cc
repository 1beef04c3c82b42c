// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace mongo_store::broker {
namespace {

// "No limit" is the word max in version 2 and a number near 2^63 in version 1.
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 60;
constexpr std::uint64_t kRunwayBytesMin = std::uint64_t{64} << 10;
constexpr std::uint64_t kRunwayBytesMax = std::uint64_t{2} << 20;
// Dirty pages count against the limit until they are written back.
constexpr std::uint64_t kRunwayPartOfLimit = 64;

std::optional<std::uint64_t> read_limit(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  if (!(file >> word)) return std::nullopt;
  std::uint64_t limit = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), limit);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
  if (!is_number || limit >= kUnlimited) return std::nullopt;
  return limit;
}

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::string& root) {
  if (const auto limit = read_limit(root + "/memory.max")) return limit;
  return read_limit(root + "/memory/memory.limit_in_bytes");
}

std::uint64_t runway_bytes_max(std::optional<std::uint64_t> limit) {
  if (!limit) return kRunwayBytesMax;
  return std::clamp(*limit / kRunwayPartOfLimit, kRunwayBytesMin, kRunwayBytesMax);
}

}  // namespace mongo_store::broker
