// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "base/text.h"

namespace mongo_store {

void append_hex(std::string& to, unsigned char byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  to.push_back(kDigits[byte >> 4]);
  to.push_back(kDigits[byte & 0xf]);
}

std::string escaped(std::string_view raw, std::size_t bytes_max) {
  const std::string_view kept = raw.substr(0, bytes_max);
  std::string out;
  out.reserve(kept.size());
  for (const char c : kept) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      out.append("\\x");
      append_hex(out, byte);
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  if (kept.size() < raw.size()) out.append("...");
  return out;
}

}  // namespace mongo_store
