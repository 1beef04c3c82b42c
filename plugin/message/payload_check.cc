// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "message/payload_check.h"

#include <bson/bson.h>

#include <charconv>
#include <cstdint>
#include <utility>

#include "base/text.h"

namespace mongo_store::message {
namespace {

constexpr std::size_t kHexDigits = 4;  // of a \uXXXX escape

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The same characters that cJSON counts as part of a number: both must find the same tokens.
bool is_number_part(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Ignores case; `word` must be lowercase.
bool begins_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!is_letter(text[i]) || (text[i] | 0x20) != word[i]) return false;
  }
  return text.size() == word.size() ||
         !(is_letter(text[word.size()]) || is_number_part(text[word.size()]));
}

// The length of the NaN or infinity that the text begins with, as C, Python and JavaScript print
// them. 0: it doesn't begin with one.
std::size_t not_finite_bytes(std::string_view text) {
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  for (const std::string_view word : {"nan", "inf", "infinity"}) {
    if (begins_with_word(text.substr(sign), word)) return sign + word.size();
  }
  return 0;
}

bool skip_digits(std::string_view* rest) {
  std::size_t count = 0;
  while (count < rest->size() && is_digit((*rest)[count])) ++count;
  rest->remove_prefix(count);
  return count > 0;
}

// RFC 8259, section 6.
bool is_json_number(std::string_view rest) {
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (rest.starts_with('0')) {
    rest.remove_prefix(1);
  } else if (!skip_digits(&rest)) {
    return false;
  }
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (!skip_digits(&rest)) return false;
  }
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
    if (!skip_digits(&rest)) return false;
  }
  return rest.empty();
}

// Scans the text once. It must contain no NUL and, unless is_lenient, be valid UTF-8. Each step
// scans one token; it returns false if it set the rejection.
class Scanner {
 public:
  Scanner(std::string_view text, bool is_lenient, NumberTokens* numbers)
      : text_(text), is_lenient_(is_lenient), numbers_(numbers) {}

  Rejection scan() {
    while (at_ < text_.size() && step()) {
    }
    return std::move(rejection_);
  }

 private:
  bool step() {
    const char c = text_[at_];
    switch (c) {
      case '"': return scan_string();
      case '[':
      case '{': return open();
      case ']':
      case '}': return close();
      case ',': return count_value();
      case '\t':
      case '\n':
      case '\r': return skip();
      default: break;
    }
    if (is_lenient_) {
      const std::size_t bytes = not_finite_bytes(text_.substr(at_));
      if (bytes > 0) return add_number(bytes);
    }
    if (is_digit(c) || c == '-') return scan_number();
    return is_control(c) ? reject_control(at_) : skip();
  }

  bool skip() {
    ++at_;
    return true;
  }

  bool open() {
    if (++depth_ <= kDepthMax) return count_value();
    return reject(RejectionCode::kTooDeep, text("payload exceeds the maximum nesting of ",
                                                kDepthMax, " levels at byte ", at_));
  }

  bool close() {
    if (depth_ > 0) --depth_;
    return skip();
  }

  // In valid JSON, each value except the first follows a comma or an opening bracket.
  bool count_value() {
    ++at_;
    return ++values_ <= kValuesMax || reject_too_many();
  }

  bool scan_number() {
    std::size_t end = at_;
    while (end < text_.size() && is_number_part(text_[end])) ++end;
    const std::string_view token = text_.substr(at_, end - at_);
    if (!is_json_number(token)) {
      return reject(RejectionCode::kInvalidJson,
                    text("payload isn't valid JSON: \"", escaped(token, 32), "\" at byte ", at_,
                         " isn't a JSON number"));
    }
    return add_number(token.size());
  }

  bool add_number(std::size_t bytes) {
    if (numbers_->size() == kValuesMax) return reject_too_many();
    numbers_->push_back(text_.substr(at_, bytes));
    at_ += bytes;
    return true;
  }

  bool scan_string() {
    const std::size_t begin = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') return skip();
      if (is_control(c)) return reject_control(at_);
      if (c != '\\') {
        ++at_;
      } else if (!scan_escape()) {
        return false;
      }
    }
    return reject(
        RejectionCode::kInvalidJson,
        text("payload isn't valid JSON: the string that begins at byte ", begin, " doesn't end"));
  }

  // cJSON reads a \u without four hexadecimal digits as a NUL, so those are checked here. It
  // rejects other invalid escapes and half surrogate pairs itself.
  bool scan_escape() {
    if (at_ + 1 >= text_.size() || text_[at_ + 1] != 'u') {
      at_ += 2;
      return true;
    }
    const std::string_view digits = text_.substr(at_ + 2, kHexDigits);
    const char* end = digits.data() + digits.size();
    std::uint16_t unit = 0;
    const bool is_hex =
        digits.size() == kHexDigits && std::from_chars(digits.data(), end, unit, 16).ptr == end;
    if (!is_hex) {
      return reject(RejectionCode::kInvalidJson,
                    text("payload isn't valid JSON: \\u at byte ", at_,
                         " must be followed by four hexadecimal digits"));
    }
    if (unit == 0) {
      return reject(RejectionCode::kEmbeddedNul, text("payload contains \\u0000 at byte ", at_,
                                                      ": strings and keys must not contain NUL"));
    }
    at_ += 2 + kHexDigits;
    return true;
  }

  static bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

  bool reject_control(std::size_t at) {
    return reject(RejectionCode::kInvalidJson,
                  text("payload isn't valid JSON: unescaped control character \"",
                       escaped(text_.substr(at, 1)), "\" at byte ", at));
  }

  bool reject_too_many() {
    return reject(RejectionCode::kTooManyValues,
                  text("payload exceeds the maximum of ", kValuesMax, " values at byte ", at_));
  }

  bool reject(RejectionCode code, std::string sentence) {
    rejection_ = {code, std::move(sentence)};
    return false;
  }

  std::string_view text_;
  bool is_lenient_;
  NumberTokens* numbers_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t values_ = 1;
  Rejection rejection_;
};

}  // namespace

std::string_view without_filler(std::string_view payload) {
  const auto is_filler = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  while (!payload.empty() && is_filler(payload.back())) payload.remove_suffix(1);
  return payload;
}

bool is_not_finite(std::string_view token) { return is_letter(token.back()); }

Rejection check_payload(std::string_view payload, bool is_lenient, NumberTokens* numbers) {
  if (payload.empty()) {
    return {RejectionCode::kInvalidJson,
            "payload is empty: expected a JSON object with uuid and value"};
  }
  if (const std::size_t nul = payload.find('\0'); nul != std::string_view::npos) {
    return {RejectionCode::kEmbeddedNul,
            text("payload contains a NUL at byte ", nul, ": JSON text must not contain NUL")};
  }
  // There is no NUL at this point, but allowing it would also allow its overlong form C0 80.
  if (!is_lenient && !bson_utf8_validate(payload.data(), payload.size(), false)) {
    return {RejectionCode::kInvalidUtf8, "payload isn't valid UTF-8: JSON text must be UTF-8"};
  }
  return Scanner(payload, is_lenient, numbers).scan();
}

}  // namespace mongo_store::message
