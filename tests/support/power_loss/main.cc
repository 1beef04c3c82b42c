// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <cstdio>
#include <cstdlib>

#include "journal/posix_file_system.h"
#include "tests/support/power_loss/composition.h"

// power-loss FOLDER SHADOW SEED TO: creates the folder TO in the state in which a power loss would
// leave FOLDER.
int main(int argc, char** argv) {
  using namespace mongo_store;
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s FOLDER SHADOW SEED TO\n", argv[0]);
    return 2;
  }
  journal::PosixFileSystem files;
  const test::PowerLoss loss{argv[1], argv[2], std::strtoull(argv[3], nullptr, 10)};
  const Status composed = test::compose(loss, files, files, argv[4]);
  if (!composed.is_ok()) std::fprintf(stderr, "power-loss: %s\n", composed.message().c_str());
  return composed.is_ok() ? 0 : 1;
}
