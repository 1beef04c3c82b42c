// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace mongo_store {

// Each code tells the caller what to do. The message describes the cause.
enum class StatusCode {
  kOk,
  kRetry,    // the other side may accept it later: wait and try again
  kReject,   // the input is wrong and stays wrong: dead-letter it, or tell the user
  kRefuse,   // can't start or continue: a setting is wrong
  kBusy,     // something else holds it: use another one
  kAbsent,   // it doesn't exist
  kCorrupt,  // the bytes that were read aren't those that were written: set them aside
  kNoSpace,  // there is no space now: refuse messages until there is
  kIo,       // the operating system failed the call
};

// The outcome of an operation that can fail in normal use. The message is one line that says what
// was tried, on what, and what happens next. It never contains a secret. Creating an ok Status
// allocates nothing.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status retry(std::string m) { return {StatusCode::kRetry, std::move(m)}; }
  static Status reject(std::string m) { return {StatusCode::kReject, std::move(m)}; }
  static Status refuse(std::string m) { return {StatusCode::kRefuse, std::move(m)}; }
  static Status busy(std::string m) { return {StatusCode::kBusy, std::move(m)}; }
  static Status absent(std::string m) { return {StatusCode::kAbsent, std::move(m)}; }
  static Status corrupt(std::string m) { return {StatusCode::kCorrupt, std::move(m)}; }
  static Status no_space(std::string m) { return {StatusCode::kNoSpace, std::move(m)}; }
  static Status io(std::string m) { return {StatusCode::kIo, std::move(m)}; }

  bool is_ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

// A value, or the Status that explains why there is none. Reading the value of a failed Result is a
// programming error and ends the process.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {}  // NOLINT

  bool is_ok() const { return state_.index() == 0; }
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  Status status() const { return is_ok() ? Status() : std::get<1>(state_); }
  StatusCode code() const { return is_ok() ? StatusCode::kOk : std::get<1>(state_).code(); }
  const std::string& message() const { return std::get<1>(state_).message(); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace mongo_store
