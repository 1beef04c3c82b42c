// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include "tests/fuzz/fuzz_target.h"

namespace {

// Reads into memory of exactly the file's size, so that the address sanitizer sees a read beyond
// the end.
bool replay_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  if (file.bad() || !file.is_open()) return false;
  const auto bytes = std::make_unique<std::uint8_t[]>(content.size());
  if (!content.empty()) std::memcpy(bytes.get(), content.data(), content.size());
  return LLVMFuzzerTestOneInput(bytes.get(), content.size()) == 0;
}

int replay_folder(const char* folder) {
  int replayed = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!replay_file(entry.path())) {
      std::fprintf(stderr, "can't replay %s\n", entry.path().c_str());
      return 0;
    }
    ++replayed;
  }
  return replayed;
}

}  // namespace

// Each argument is a folder. A folder without files is a failure, because nothing was tried.
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const int replayed = replay_folder(argv[i]);
    std::printf("%s: %d files\n", argv[i], replayed);
    if (replayed == 0) return 1;
  }
  return argc > 1 ? 0 : 1;
}
