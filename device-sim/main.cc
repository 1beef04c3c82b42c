// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <mosquitto.h>
#include <sysexits.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <variant>

#include "device-sim/credentials.h"
#include "device-sim/fleet.h"
#include "device-sim/options.h"
#include "device-sim/summary.h"

namespace {

using namespace mongo_store::device_sim;

void complain(const std::string& line) {
  (void)std::fprintf(stderr, "device-sim: %s\n", line.c_str());
}

void warn_of_open_files(const Options& options) {
  for (const std::string& path : {options.credentials_file, options.key}) {
    if (is_open_to_all(path))
      complain("'" + path +
               "' is open to every user of this machine; set its mode to 0640 or 0600");
  }
}

int run_fleet(const Options& options) {
  Fleet fleet(options);
  if (const auto error = fleet.prepare()) {
    complain(*error);
    return EX_USAGE;
  }
  const auto error = fleet.run();
  if (error.has_value()) complain(*error);
  const Tally& tally = fleet.tally();
  const std::string summary = options.is_json ? summary_json(tally) : summary_text(tally);
  (void)std::fputs(summary.c_str(), stdout);
  return !error.has_value() && tally.is_complete() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    complain(*error);
    return EX_USAGE;
  }
  warn_of_open_files(std::get<Options>(parsed));
  mosquitto_lib_init();
  const int status = run_fleet(std::get<Options>(parsed));
  mosquitto_lib_cleanup();
  return status;
}
