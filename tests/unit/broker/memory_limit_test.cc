// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "broker/memory_limit.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/support/cmocka.h"

namespace mongo_store::broker {
namespace {

// A folder that is used as the mount point of control groups.
struct Mounted {
  Mounted() {
    std::string path = (std::filesystem::temp_directory_path() / "cgroup-XXXXXX").string();
    root = mkdtemp(path.data()) == nullptr ? "" : path;
  }
  ~Mounted() {
    if (!root.empty()) std::filesystem::remove_all(root);
  }
  void write(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = std::filesystem::path(root) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  std::string root;
};

void version_2_is_read(void**) {
  const Mounted mounted;
  mounted.write("memory.max", "67108864\n");
  assert_true(memory_limit(mounted.root) == std::uint64_t{67108864});
}

void version_1_is_read(void**) {
  const Mounted mounted;
  mounted.write("memory/memory.limit_in_bytes", "33554432\n");
  assert_true(memory_limit(mounted.root) == std::uint64_t{33554432});
}

void no_limit_is_none_in_either_version(void**) {
  const Mounted two;
  two.write("memory.max", "max\n");
  assert_false(memory_limit(two.root).has_value());
  const Mounted one;
  one.write("memory/memory.limit_in_bytes", "9223372036854771712\n");
  assert_false(memory_limit(one.root).has_value());
}

void without_control_groups_there_is_none(void**) {
  const Mounted mounted;
  assert_false(memory_limit(mounted.root).has_value());
  assert_false(memory_limit(mounted.root + "/nowhere").has_value());
}

void what_is_no_number_is_none(void**) {
  for (const char* content :
       {"", "\n", "garbage", "-5", "12x", "0x10", "99999999999999999999999"}) {
    const Mounted mounted;
    mounted.write("memory.max", content);
    assert_false(memory_limit(mounted.root).has_value());
  }
}

void the_runway_is_a_small_part_of_the_limit_within_bounds(void**) {
  assert_int_equal(runway_bytes_max(std::nullopt), 2 << 20);
  assert_int_equal(runway_bytes_max(std::uint64_t{64} << 20), 1 << 20);
  assert_int_equal(runway_bytes_max(std::uint64_t{1} << 40), 2 << 20);
  assert_int_equal(runway_bytes_max(0), 64 << 10);
}

}  // namespace
}  // namespace mongo_store::broker

int main() {
  using namespace mongo_store::broker;
  const CMUnitTest tests[] = {
      cmocka_unit_test(version_2_is_read),
      cmocka_unit_test(version_1_is_read),
      cmocka_unit_test(no_limit_is_none_in_either_version),
      cmocka_unit_test(without_control_groups_there_is_none),
      cmocka_unit_test(what_is_no_number_is_none),
      cmocka_unit_test(the_runway_is_a_small_part_of_the_limit_within_bounds),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
