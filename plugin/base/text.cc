// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/text.h"

namespace mongo_store {

std::string escaped(std::string_view raw, std::size_t bytes_max) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::string_view kept = raw.substr(0, bytes_max);
  std::string out;
  out.reserve(kept.size());
  for (const char c : kept) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out.push_back(c);
    } else {
      out.append("\\x");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0xf]);
    }
  }
  if (kept.size() < raw.size()) out.append("...");
  return out;
}

}  // namespace mongo_store
