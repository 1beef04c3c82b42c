// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <cstdio>
#include <cstdlib>

#include "cli/command.h"
#include "cli/command_line.h"

namespace mongo_store::cli {
namespace {

int fail(const std::string& command, const Status& status) {
  const bool is_usage = status.code() == StatusCode::kReject;
  (void)std::fprintf(stderr, "mongo-store: %s%s\n", status.message().c_str(),
                     is_usage ? "; see mongo-store --help" : "");
  return exit_status(command, status);
}

Status run(const CommandLine& line) {
  if (line.wants_version) {
    (void)std::puts("mongo-store " MONGO_STORE_VERSION);
    return Status();
  }
  if (line.wants_help) {
    print_help(commands_help());
    return Status();
  }
  return run_command(line);
}

int run_program(int argc, char** argv) {
  const Result<CommandLine> line = parse_command_line(argc, argv);
  if (!line.is_ok()) return fail("", line.status());
  Status status = run(line.value());
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (status.is_ok() && !is_written) status = Status::io("can't write the output");
  return status.is_ok() ? EXIT_SUCCESS : fail(line.value().command, status);
}

}  // namespace
}  // namespace mongo_store::cli

int main(int argc, char** argv) {
  try {
    return mongo_store::cli::run_program(argc, argv);
  } catch (...) {
    (void)std::fputs("mongo-store: out of memory\n", stderr);
    return EXIT_FAILURE;
  }
}
