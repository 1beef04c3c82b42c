// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/credentials.h"

#include <mosquitto.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <string_view>

namespace mongo_store::device_sim {
namespace {

using std::string_view;

constexpr string_view kBlanks = " \t";
constexpr std::size_t kDeviceBytesMax = 128;
constexpr std::size_t kFieldBytesMax = 65535;  // MQTT's length field
constexpr string_view kNoUser = "-";
constexpr string_view kAcceptedLine =
    "accepted: 'DEVICE USER password PASSWORD' or 'DEVICE USER certificate FILE [KEYFILE]'";

bool is_of_device_name(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') ||
         string_view("._:-").find(character) != string_view::npos;
}

void skip_blanks(string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
}

string_view take_word(string_view& rest) {
  skip_blanks(rest);
  const string_view word = rest.substr(0, rest.find_first_of(kBlanks));
  rest.remove_prefix(word.size());
  return word;
}

std::string beside(const std::string& path, string_view name) {
  return std::filesystem::path(path).parent_path() / std::filesystem::path(name);
}

bool is_text(string_view text) {
  return text.size() <= kFieldBytesMax && text.find('\0') == string_view::npos &&
         mosquitto_validate_utf8(text.data(), static_cast<int>(text.size())) == MOSQ_ERR_SUCCESS;
}

// Each returns what is wrong, or an empty string.
std::string take_names(string_view& rest, Credential& credential) {
  const string_view device = take_word(rest);
  const string_view user = take_word(rest);
  if (user.empty()) return std::string(kAcceptedLine);
  if (device.size() > kDeviceBytesMax || !std::ranges::all_of(device, is_of_device_name)) {
    return "DEVICE is invalid; accepted: 1 to 128 letters, digits, '.', '_', ':' and '-'";
  }
  if (!is_text(user))
    return "USER is invalid; accepted: up to 65535 bytes of UTF-8, or '-' for none";
  credential.device = device;
  if (user != kNoUser) credential.username = user;
  return "";
}

std::string take_password(string_view rest, Credential& credential) {
  skip_blanks(rest);
  if (rest.empty() || rest.size() > kFieldBytesMax || rest.find('\0') != string_view::npos) {
    return "PASSWORD is invalid; accepted: 1 to 65535 bytes, to the end of the line";
  }
  if (credential.username.empty()) return "USER is '-'; accepted with a password: a name";
  credential.password = rest;
  return "";
}

std::string take_certificate(string_view rest, const std::string& path, Credential& credential) {
  const string_view certificate = take_word(rest);
  const string_view key = take_word(rest);
  skip_blanks(rest);
  if (certificate.empty() || !rest.empty()) return std::string(kAcceptedLine);
  credential.certificate = beside(path, certificate);
  credential.key = key.empty() ? credential.certificate : beside(path, key);
  return "";
}

std::string parse_line(string_view rest, const std::string& path, Credential& credential) {
  if (std::string error = take_names(rest, credential); !error.empty()) return error;
  const string_view kind = take_word(rest);
  if (kind == "password") return take_password(rest, credential);
  if (kind == "certificate") return take_certificate(rest, path, credential);
  return "the third word (not shown, it may be a password) is invalid; " +
         std::string(kAcceptedLine);
}

bool is_without_content(string_view line) {
  skip_blanks(line);
  return line.empty() || line.front() == '#';
}

}  // namespace

std::variant<std::vector<Credential>, std::string> parse_credentials(std::istream& file,
                                                                     const std::string& path) {
  std::vector<Credential> credentials;
  std::map<std::string, std::size_t> lines;  // by device
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (is_without_content(line)) continue;
    Credential credential;
    credential.line = number;
    std::string error = parse_line(line, path, credential);
    const auto [found, is_new] = lines.emplace(credential.device, number);
    if (error.empty() && !is_new) {
      error = "DEVICE '" + credential.device + "' is already in line " +
              std::to_string(found->second) + "; accepted: each device once";
    }
    if (!error.empty()) return path + " line " + std::to_string(number) + ": " + error;
    credentials.push_back(std::move(credential));
  }
  if (credentials.empty()) return path + ": contains no device; " + std::string(kAcceptedLine);
  return credentials;
}

std::variant<std::vector<Credential>, std::string> read_credentials(const std::string& path) {
  std::ifstream file(path);
  // A folder can be opened; only peek() fails.
  if (!file.is_open() || (file.peek(), file.bad())) {
    return "--credentials '" + path + "' can't be read; accepted: a readable file";
  }
  return parse_credentials(file, path);
}

bool is_open_to_all(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

}  // namespace mongo_store::device_sim
