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

// The characters that cJSON takes as a number's, so that both see the same tokens.
bool is_number_part(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
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

// One walk over a text that is valid UTF-8 without NUL. Each step takes one token, and is false
// when it made the rejection.
class Scanner {
 public:
  Scanner(std::string_view text, NumberTokens* numbers) : text_(text), numbers_(numbers) {}

  Rejection scan() {
    while (at_ < text_.size() && step()) {
    }
    return std::move(rejection_);
  }

 private:
  bool step() {
    const char c = text_[at_];
    switch (c) {
      case '"': return take_string();
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
    if (is_digit(c) || c == '-') return take_number();
    return is_control(c) ? reject_control(at_) : skip();
  }

  bool skip() {
    ++at_;
    return true;
  }

  bool open() {
    if (++depth_ <= kDepthMax) return count_value();
    return reject(RejectionCode::kTooDeep,
                  text("payload nests more than ", kDepthMax, " levels at byte ", at_,
                       ": up to that many are accepted"));
  }

  bool close() {
    if (depth_ > 0) --depth_;
    return skip();
  }

  // Before each value of a valid text, but the first, stands a comma or an opening bracket.
  bool count_value() {
    ++at_;
    return ++values_ <= kValuesMax || reject_too_many();
  }

  bool take_number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_number_part(text_[at_])) ++at_;
    const std::string_view token = text_.substr(begin, at_ - begin);
    if (!is_json_number(token)) {
      return reject(RejectionCode::kInvalidJson,
                    text("payload isn't JSON: \"", escaped(token, 32), "\" at byte ", begin,
                         " isn't how JSON writes a number"));
    }
    if (numbers_->size() == kValuesMax) return reject_too_many();
    numbers_->push_back(token);
    return true;
  }

  bool take_string() {
    const std::size_t begin = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') return skip();
      if (is_control(c)) return reject_control(at_);
      if (c != '\\') {
        ++at_;
      } else if (!take_escape()) {
        return false;
      }
    }
    return reject(
        RejectionCode::kInvalidJson,
        text("payload isn't JSON: the string that begins at byte ", begin, " doesn't end"));
  }

  // cJSON reads a \u that four hexadecimal digits don't follow as a NUL, so that is looked for
  // too; it refuses itself what other letters there are, and half a surrogate pair.
  bool take_escape() {
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
      return reject(RejectionCode::kInvalidJson, text("payload isn't JSON: \\u at byte ", at_,
                                                      " needs four hexadecimal digits"));
    }
    if (unit == 0) {
      return reject(RejectionCode::kEmbeddedNul, text("payload holds \\u0000 at byte ", at_,
                                                      ": strings and keys without are accepted"));
    }
    at_ += 2 + kHexDigits;
    return true;
  }

  static bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

  bool reject_control(std::size_t at) {
    return reject(RejectionCode::kInvalidJson,
                  text("payload isn't JSON: the control character \"", escaped(text_.substr(at, 1)),
                       "\" at byte ", at, " must be written as an escape"));
  }

  bool reject_too_many() {
    return reject(RejectionCode::kTooManyValues,
                  text("payload holds more than ", kValuesMax, " values at byte ", at_,
                       ": up to that many are accepted"));
  }

  bool reject(RejectionCode code, std::string sentence) {
    rejection_ = {code, std::move(sentence)};
    return false;
  }

  std::string_view text_;
  NumberTokens* numbers_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t values_ = 1;
  Rejection rejection_;
};

}  // namespace

Rejection check_payload(std::string_view payload, NumberTokens* numbers) {
  if (payload.empty()) {
    return {RejectionCode::kInvalidJson,
            "payload is empty: a JSON object with uuid and value is accepted"};
  }
  if (const std::size_t nul = payload.find('\0'); nul != std::string_view::npos) {
    return {RejectionCode::kEmbeddedNul,
            text("payload holds a NUL at byte ", nul, ": JSON text without is accepted")};
  }
  // NUL is not allowed here, though there is none: allowing it takes its overlong form C0 80 too.
  if (!bson_utf8_validate(payload.data(), payload.size(), false)) {
    return {RejectionCode::kInvalidUtf8, "payload isn't valid UTF-8, which JSON text must be"};
  }
  return Scanner(payload, numbers).scan();
}

}  // namespace mongo_store::message
