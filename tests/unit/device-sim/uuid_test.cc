// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/uuid.h"

#include <set>
#include <string>
#include <string_view>

#include "tests/support/cmocka.h"

namespace mongo_store::device_sim {
namespace {

// In the shape, x is any hexadecimal digit and v one of 8, 9, a and b.
bool has_shape_of_version_4(const std::string& uuid) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
  if (uuid.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const std::string_view allowed = kShape[i] == 'x'   ? "0123456789abcdef"
                                     : kShape[i] == 'v' ? "89ab"
                                                        : kShape.substr(i, 1);
    if (allowed.find(uuid[i]) == std::string_view::npos) return false;
  }
  return true;
}

void uuids_are_of_version_4_and_differ(void**) {
  Random random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = make_uuid(random);
    assert_true(has_shape_of_version_4(uuid));
    seen.insert(uuid);
  }
  assert_int_equal(seen.size(), 1000);
}

}  // namespace
}  // namespace mongo_store::device_sim

int main() {
  using namespace mongo_store::device_sim;
  const CMUnitTest tests[] = {cmocka_unit_test(uuids_are_of_version_4_and_differ)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
