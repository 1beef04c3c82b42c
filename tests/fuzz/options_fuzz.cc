// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/environment.h"
#include "config/parse.h"
#include "config/summary.h"
#include "tests/fuzz/fuzz_target.h"

// Any options: each line of the input is "key value", or an environment variable if it begins with
// MONGO_STORE_ or MESOS_. The result must be a Config within its bounds or a one-line error. No log
// line or error may contain a secret.
namespace mongo_store::config {
namespace {

// A value that contains this is a secret.
constexpr std::string_view kSecret = "S3CR3T";

struct Input {
  std::vector<Setting> settings;
  Environment environment;
};

bool holds(std::string_view whole, std::string_view part) {
  return whole.find(part) != std::string_view::npos;
}

// Options that name files are skipped, because they would make the fuzzer open any path.
bool names_a_file(std::string_view key) { return key.ends_with("_file") || key.ends_with("_FILE"); }

bool is_secret(std::string_view key) {
  return key == "mongo_uri" || key == "mongo_password" || key == "MONGO_STORE_MONGO_URI" ||
         key == "MONGO_STORE_MONGO_PASSWORD";
}

Input read_input(std::string_view text) {
  Input input;
  while (!text.empty()) {
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, line_end);
    text.remove_prefix(std::min(line_end + 1, text.size()));
    const std::size_t key_end = std::min(line.find(' '), line.size());
    std::string key(line.substr(0, key_end));
    std::string value(line.substr(std::min(key_end + 1, line.size())));
    if (names_a_file(key) || (holds(line, kSecret) && !is_secret(key))) continue;
    if (key.starts_with("MONGO_STORE_") || key.starts_with("MESOS_")) {
      input.environment[std::move(key)] = std::move(value);
    } else {
      input.settings.push_back({std::move(key), std::move(value)});
    }
  }
  return input;
}

void require_a_line(std::string_view line) {
  fuzz::require(!line.empty(), "a line says something");
  fuzz::require(!holds(line, kSecret), "a line holds no secret");
  for (const char c : line) {
    fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a line has no controls");
  }
}

void require_bounds(const Config& config) {
  fuzz::require(!config.topics.empty(), "there is a topic filter");
  fuzz::require(!config.mongo_uri.empty(), "there is a URI");
  fuzz::require(!config.gateway_id.empty(), "there is a gateway id");
  fuzz::require(config.delivery_threads >= 1 && config.delivery_threads <= 16,
                "delivery_threads is within its bounds");
  fuzz::require(config.retry_min_ms <= config.retry_max_ms, "the pauses are in order");
  fuzz::require(config.payload_max_bytes <= 2 << 20, "a payload fits into a record");
}

void try_options(const Input& input) {
  const HostFacts host{.host_name = "host"};
  std::vector<std::string> warnings;
  const Result<Config> config = parse_config(input.settings, input.environment, host, warnings);
  if (config.is_ok()) {
    require_bounds(config.value());
    require_a_line(summary(config.value()));
  } else {
    require_a_line(config.message());
  }
  for (const std::string& warning : warnings) require_a_line(warning);
}

}  // namespace
}  // namespace mongo_store::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace mongo_store::config;
  try_options(read_input({reinterpret_cast<const char*>(bytes), size}));
  return 0;
}
