// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/utf8.h"

#include <cstdint>

namespace mongo_store::config {
namespace {

struct Sequence {
  std::size_t bytes = 0;  // 0: not UTF-8
  std::uint32_t code_point = 0;
};

struct Lead {
  std::uint8_t mask;
  std::uint8_t value;
  std::uint32_t lowest;  // a lower code point would be an overlong encoding
};

constexpr Lead kLeads[] = {
    {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

Sequence first_sequence(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  std::size_t bytes = 0;
  for (const Lead& lead : kLeads) {
    ++bytes;
    if ((first & lead.mask) != lead.value) continue;
    if (text.size() < bytes) return {};
    std::uint32_t code_point = first & static_cast<std::uint8_t>(~lead.mask);
    for (std::size_t i = 1; i < bytes; ++i) {
      const auto next = static_cast<std::uint8_t>(text[i]);
      if ((next & 0xc0) != 0x80) return {};
      code_point = code_point << 6 | (next & 0x3f);
    }
    return code_point < lead.lowest ? Sequence{} : Sequence{bytes, code_point};
  }
  return {};
}

bool is_printable(std::uint32_t code_point) {
  const bool is_control = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
  const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
  return !is_control && !is_surrogate && code_point <= 0x10ffff;
}

}  // namespace

bool is_printable_utf8(std::string_view text) {
  while (!text.empty()) {
    const Sequence sequence = first_sequence(text);
    if (sequence.bytes == 0 || !is_printable(sequence.code_point)) return false;
    text.remove_prefix(sequence.bytes);
  }
  return true;
}

}  // namespace mongo_store::config
