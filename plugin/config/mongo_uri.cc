// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/mongo_uri.h"

#include "base/text.h"

namespace mongo_store::config {
namespace {

constexpr std::string_view kScheme = "mongodb://";
constexpr std::string_view kServiceScheme = "mongodb+srv://";
constexpr std::string_view kSchemeEnd = "://";

bool has_known_scheme(std::string_view uri) {
  return uri.starts_with(kScheme) || uri.starts_with(kServiceScheme);
}

std::string_view without_scheme(std::string_view uri) {
  const std::size_t end = uri.find(kSchemeEnd);
  return end == std::string_view::npos ? uri : uri.substr(end + kSchemeEnd.size());
}

}  // namespace

std::string check_mongo_uri(std::string_view uri) {
  if (!has_known_scheme(uri) && uri.find(kSchemeEnd) != std::string_view::npos) {
    return "has an unknown scheme";
  }
  if (uri.find(' ') != std::string_view::npos) return "has a blank inside";
  const std::string_view rest = without_scheme(uri);
  return rest.empty() || rest[0] == '/' || rest[0] == '?' ? "names no host" : "";
}

std::string with_scheme(std::string_view uri) {
  return has_known_scheme(uri) ? std::string(uri) : text(kScheme, uri);
}

bool has_password(std::string_view uri) {
  const std::string_view rest = without_scheme(uri);
  const std::size_t at = rest.rfind('@');
  return at != std::string_view::npos && rest.substr(0, at).find(':') != std::string_view::npos;
}

}  // namespace mongo_store::config
