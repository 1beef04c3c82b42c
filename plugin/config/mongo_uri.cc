// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/mongo_uri.h"

#include <algorithm>

#include "base/text.h"
#include "config/mongo_name.h"

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

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Decodes each %XX.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_value(text[i + 2]);
    plain += low < 0 ? text[i] : static_cast<char>(high * 16 + low);
    if (low >= 0) i += 2;
  }
  return plain;
}

}  // namespace

std::string check_mongo_uri(std::string_view uri) {
  if (!has_known_scheme(uri) && uri.find(kSchemeEnd) != std::string_view::npos) {
    return "has an unknown scheme";
  }
  if (uri.find(' ') != std::string_view::npos) return "contains a space";
  const std::string_view rest = without_scheme(uri);
  return rest.empty() || rest[0] == '/' || rest[0] == '?' ? "names no host" : "";
}

std::string with_scheme(std::string_view uri) {
  return has_known_scheme(uri) ? std::string(uri) : text(kScheme, uri);
}

std::string database_in(std::string_view uri) {
  const std::string_view rest = without_scheme(uri);
  const std::size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  if (slash == rest.size() || rest[slash] == '?') return "";
  const std::string_view path = rest.substr(slash + 1, rest.find('?', slash) - slash - 1);
  if (path.find('@') != std::string_view::npos) return "";
  const std::string name = unescaped(path);
  const bool is_of_users = name == "admin" || name == "local" || name == "config";
  return is_of_users || !check_database_name(name).empty() ? "" : name;
}

bool has_password(std::string_view uri) {
  const std::string_view rest = without_scheme(uri);
  const std::size_t at = rest.rfind('@');
  return at != std::string_view::npos && rest.substr(0, at).find(':') != std::string_view::npos;
}

}  // namespace mongo_store::config
