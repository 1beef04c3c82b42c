// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "device-sim/options.h"

#include <argp.h>
#include <mosquitto.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "device-sim/option_rules.h"

namespace mongo_store::device_sim {
namespace {

using std::string_view;

constexpr double kPeriodSecondsMax = 86400;
constexpr double kDurationSecondsMax = 31536000;
constexpr std::uint64_t kMessagesMax = 1000000000000;
constexpr std::uint64_t kFirstSequenceMax = 1000000000000;
constexpr std::size_t kDevicesMax = 100000;
constexpr std::size_t kPaddingBytesMax = 16777216;
constexpr std::size_t kCredentialBytesMax = 65535;  // MQTT's length field
constexpr std::size_t kPropertyNameBytesMax = 256;

template <typename T>
bool read_number(string_view text, T min, T max, T& number) {
  T read{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, read);
  if (error != std::errc() || stop != end || !(read >= min && read <= max)) return false;
  number = read;
  return true;
}

bool read_seconds(string_view text, double max, Duration& duration) {
  double seconds = 0;
  if (!read_number(text, 0.0, max, seconds)) return false;
  duration = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  return true;
}

bool set_broker(Options& options, string_view value) {
  options.broker = value;
  return !value.empty() && value.size() <= 255;
}

bool set_port(Options& options, string_view value) {
  return read_number<std::uint16_t>(value, 1, 65535, options.port);
}

bool set_rate(Options& options, string_view value) {
  return read_seconds(value, kPeriodSecondsMax, options.period);
}

bool set_qos(Options& options, string_view value) { return read_number(value, 0, 2, options.qos); }

bool set_devices(Options& options, string_view value) {
  return read_number<std::size_t>(value, 1, kDevicesMax, options.devices);
}

bool set_messages(Options& options, string_view value) {
  return read_number<std::uint64_t>(value, 0, kMessagesMax, options.messages);
}

bool set_duration(Options& options, string_view value) {
  Duration duration{};
  if (!read_seconds(value, kDurationSecondsMax, duration) || duration <= Duration::zero()) {
    return false;
  }
  options.duration = duration;
  return true;
}

bool set_username(Options& options, string_view value) {
  options.username = value;
  return !value.empty() && value.size() <= kCredentialBytesMax;
}

bool set_password_file(Options& options, string_view value) {
  std::ifstream file{std::string(value)};
  if (!std::getline(file, options.password)) return false;
  if (options.password.ends_with('\r')) options.password.pop_back();
  const bool has_nul = options.password.find('\0') != std::string::npos;
  return !has_nul && !options.password.empty() && options.password.size() <= kCredentialBytesMax;
}

bool set_path(std::string& path, string_view value) {
  path = value;
  return !value.empty() && value.find('\0') == string_view::npos;
}

bool set_credentials(Options& options, string_view value) {
  return set_path(options.credentials_file, value);
}

bool set_cafile(Options& options, string_view value) { return set_path(options.cafile, value); }

bool set_capath(Options& options, string_view value) {
  std::error_code error;
  return set_path(options.capath, value) && std::filesystem::is_directory(options.capath, error) &&
         access(options.capath.c_str(), R_OK | X_OK) == 0;
}

bool set_os_certificates(Options& options, string_view) {
  options.uses_os_certificates = true;
  return true;
}

bool set_certificate(Options& options, string_view value) {
  return set_path(options.certificate, value);
}

bool set_key(Options& options, string_view value) { return set_path(options.key, value); }

bool set_protocol(Options& options, string_view value) {
  if (value != "3.1" && value != "3.1.1" && value != "5") return false;
  options.protocol = value == "5"     ? Protocol::kV5
                     : value == "3.1" ? Protocol::kV31
                                      : Protocol::kV311;
  return true;
}

bool set_json(Options& options, string_view) {
  options.is_json = true;
  return true;
}

bool set_ledger(Options& options, string_view value) {
  options.ledger = value;
  return !value.empty();
}

// Fails if the other flag of the two, --sequence or --no-sequence, was given.
bool set_numbering(Options& options, Numbering numbering) {
  if (options.numbering.has_value() && options.numbering != numbering) return false;
  options.numbering = numbering;
  return true;
}

bool set_sequence(Options& options, string_view) {
  return set_numbering(options, Numbering::kInValueToo);
}

bool set_no_sequence(Options& options, string_view) {
  return set_numbering(options, Numbering::kNone);
}

bool set_padding(Options& options, string_view value) {
  return read_number<std::size_t>(value, 1, kPaddingBytesMax, options.padding_bytes);
}

bool set_first_sequence(Options& options, string_view value) {
  return read_number<std::uint64_t>(value, 1, kFirstSequenceMax, options.first_sequence.emplace());
}

bool set_message_id_property(Options& options, string_view value) {
  options.message_id_property = value;
  return !value.empty() && value.size() <= kPropertyNameBytesMax &&
         mosquitto_validate_utf8(value.data(), static_cast<int>(value.size())) == 0;
}

struct Flag {
  const char* name;
  int key;               // the letter of the short flag, or a number above all characters
  const char* argument;  // null: the flag has no value
  const char* help;
  const char* accepted;
  bool (*apply)(Options& options, string_view value);
};

enum LongOnly {
  kDevices = 256,
  kMessages,
  kDuration,
  kUsername,
  kPasswordFile,
  kCredentials,
  kCaFile,
  kCaPath,
  kOsCertificates,
  kCertificate,
  kKey,
  kProtocol,
  kJson,
  kSequence,
  kNoSequence,
  kFirstSequence,
  kMessageIdProperty,
  kPadding,
  kLedger
};

// The list of flags, for parsing, errors and help.
constexpr Flag kFlags[] = {
    {"broker", 'b', "HOST", "Host name or address of the broker (required)",
     "a host name or an address of 1 to 255 characters", set_broker},
    {"port", 'p', "PORT", "Port of the broker (default 1883, with TLS 8883)",
     "a whole number from 1 to 65535", set_port},
    {"rate", 'r', "SECONDS",
     "Seconds between two messages of a device, may be fractional; 0: as fast as messages are "
     "acknowledged (default 5)",
     "a number of seconds from 0 to 86400", set_rate},
    {"qos", 'q', "QOS", "Quality of service: 0, 1 or 2 (default 0)", "0, 1 or 2", set_qos},
    {"devices", kDevices, "N", "Number of devices (default: 1, or all devices of --credentials)",
     "a whole number from 1 to 100000", set_devices},
    {"messages", kMessages, "N", "Number of messages of each device; 0: unlimited (default 0)",
     "a whole number from 0 to 1000000000000", set_messages},
    {"duration", kDuration, "SECONDS", "Stop sending after this time (default: never)",
     "a number of seconds above 0, up to 31536000", set_duration},
    {"username", kUsername, "NAME", "User name for the broker", "a user name of 1 to 65535 bytes",
     set_username},
    {"password-file", kPasswordFile, "FILE",
     "File whose first line is the password for the broker; needs --username",
     "a readable file whose first line is a password of 1 to 65535 bytes", set_password_file},
    {"credentials", kCredentials, "FILE",
     "File with one line for each device, its name and login: 'DEVICE USER password PASSWORD' or "
     "'DEVICE USER certificate FILE [KEYFILE]'",
     "the name of a readable file", set_credentials},
    {"cafile", kCaFile, "FILE",
     "PEM file of the authorities that the broker's certificate is verified against; enables TLS",
     "the name of a readable PEM file", set_cafile},
    {"capath", kCaPath, "DIR",
     "Folder of such files that 'openssl rehash' has prepared; enables TLS",
     "the name of a readable folder", set_capath},
    {"tls-use-os-certs", kOsCertificates, nullptr,
     "Trust the authorities that this machine trusts; enables TLS", "no value",
     set_os_certificates},
    {"cert", kCertificate, "FILE",
     "PEM file of the certificate to present to the broker; needs TLS and --key",
     "the name of a readable PEM file", set_certificate},
    {"key", kKey, "FILE", "PEM file of its private key, without a password; needs --cert",
     "the name of a readable PEM file", set_key},
    {"protocol", kProtocol, "VERSION", "MQTT version: 3.1, 3.1.1 or 5 (default 3.1.1)",
     "3.1, 3.1.1 or 5", set_protocol},
    {"json", kJson, nullptr, "Print the summary as one JSON object", "no value", set_json},
    {"sequence", kSequence, nullptr,
     "Number the messages of each device: {\"uuid\": UUID, \"value\": {\"reading\": N, "
     "\"sequence\": N}, \"sequence\": N}",
     "no value and no --no-sequence", set_sequence},
    {"no-sequence", kNoSequence, nullptr, "Send messages without a number, even with QoS 2",
     "no value and no --sequence", set_no_sequence},
    {"first-sequence", kFirstSequence, "N",
     "Number of the first message of each device (default: 1, or the microseconds since 1970 with "
     "QoS 2 and --credentials); needs --sequence or QoS 2",
     "a whole number from 1 to 1000000000000", set_first_sequence},
    {"message-id-property", kMessageIdProperty, "NAME",
     "Also send the number in this user property; needs --protocol 5, and --sequence or QoS 2",
     "a name of 1 to 256 bytes of UTF-8", set_message_id_property},
    {"padding", kPadding, "BYTES",
     "Add a field \"padding\" with this many characters to each payload (default: no such field)",
     "a whole number of bytes from 1 to 16777216", set_padding},
    {"ledger", kLedger, "FILE",
     "Append a line of JSON to this file whenever a message is sent, resent or acknowledged, for "
     "mongo-store audit; needs --sequence",
     "the name of a file that can be written", set_ledger},
};

constexpr const char* kDescription =
    "Simulates a fleet of MQTT devices. Each generates a UUID at start and publishes "
    "{\"uuid\": UUID, \"value\": a whole number from 20 to 30} to device/UUID. The UUID is also "
    "its "
    "client id. The broker keeps its session (clean session false)."
    "\v"
    "A device has at most 20 unacknowledged messages; then it waits. After a lost connection it "
    "reconnects, with a growing, random pause of up to 10 seconds, and sends unacknowledged "
    "messages again. It makes no new messages while it has no connection. A message with QoS 0 "
    "counts as acknowledged once it is handed to the socket.\n\n"
    "With QoS 2, messages are numbered: {\"uuid\": UUID, \"value\": a number, \"sequence\": N}. If "
    "a "
    "device sends a message again, the plugin gets it twice; its option 'message_id "
    "payload:sequence' makes one document of both. --no-sequence omits the number.\n\n"
    "With TLS, the broker's certificate must be valid for the HOST that --broker names.\n\n"
    "In a file for --credentials, DEVICE replaces the UUID. USER may be '-' for none. PASSWORD "
    "extends to the end of the line. Without KEYFILE, FILE also contains the key. Relative paths "
    "start at the folder of the --credentials file. Empty lines and lines that begin with '#' are "
    "ignored.\n\n"
    "SIGINT, SIGTERM, --duration and --messages end the run: devices wait up to 10 seconds for "
    "missing acknowledgements, end their sessions and disconnect. A second signal ends the run at "
    "once.\n\n"
    "Exit status: 0: every device was connected, and every message was acknowledged; 1: otherwise; "
    "64: a flag is wrong. The summary counts the devices that were never connected, by the reason "
    "of their last failure.";

struct Parse {
  Options options;
  std::string error;
};

std::string flag_error(const Flag& flag, const char* value) {
  return std::string("--") + flag.name + " '" + (value == nullptr ? "" : value) +
         "' is invalid; accepted: " + flag.accepted;
}

error_t fail(Parse& parse, std::string error) {
  parse.error = std::move(error);
  return EINVAL;
}

error_t parse_key(int key, char* value, argp_state* state) {
  auto& parse = *static_cast<Parse*>(state->input);
  if (key == ARGP_KEY_ARG) {
    return fail(parse,
                std::string("unexpected argument '") + value + "'; accepted: flags; see --help");
  }
  if (key == ARGP_KEY_END) {
    std::string error = complete(parse.options);
    return error.empty() ? 0 : fail(parse, std::move(error));
  }
  for (const Flag& flag : kFlags) {
    if (flag.key != key) continue;
    const bool is_accepted = flag.apply(parse.options, value == nullptr ? "" : value);
    return is_accepted ? 0 : fail(parse, flag_error(flag, value));
  }
  return ARGP_ERR_UNKNOWN;
}

void print_version(FILE* stream, argp_state*) {
  int major = 0;
  int minor = 0;
  int revision = 0;
  mosquitto_lib_version(&major, &minor, &revision);
  (void)std::fprintf(stream, "device-sim %s (libmosquitto %d.%d.%d)\n", DEVICE_SIM_VERSION, major,
                     minor, revision);
}

}  // namespace

std::variant<Options, std::string> parse_options(int argc, char** argv) {
  std::vector<argp_option> table;
  for (const Flag& flag : kFlags) {
    table.push_back({flag.name, flag.key, flag.argument, 0, flag.help, 0});
  }
  table.push_back({});
  argp_program_version_hook = print_version;
  const argp parser{table.data(), parse_key, nullptr, kDescription, nullptr, nullptr, nullptr};
  Parse parse;
  const error_t error = argp_parse(&parser, argc, argv, 0, nullptr, &parse);
  if (error == 0) return std::move(parse.options);
  if (parse.error.empty()) parse.error = "the flags can't be parsed; see --help";
  return std::move(parse.error);
}

}  // namespace mongo_store::device_sim
