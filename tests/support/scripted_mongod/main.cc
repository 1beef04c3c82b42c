// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <argp.h>
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/scripted_mongod/replica_set.h"
#include "tests/support/scripted_mongod/server.h"

namespace mongo_store::scripted {
namespace {

struct ProgramOptions {
  ServerOptions server;
  std::string password_file;
  std::vector<std::uint16_t> members;  // their ports; none: no simulated set
  std::int64_t election_ms = 500;
};

enum Key : int {
  kPort = 'p',
  kUser = 'u',
  kPasswordFile = 0x100,
  kAuthDb,
  kRole,
  kMechanisms,
  kIterations,
  kReplicaSet,
  kMembers,
  kElectionMs,
  kAdvertise,
  kMaxWireVersion,
  kTlsCertificateKeyFile,
  kTlsCaFile,
};

constexpr argp_option kOptions[] = {
    {"port", kPort, "PORT", 0, "Listen on 127.0.0.1:PORT (default: any free one)", 0},
    {"user", kUser, "NAME", 0, "Require this user's password", 0},
    {"password-file", kPasswordFile, "FILE", 0,
     "The password is its first line; read again on SIGHUP", 0},
    {"auth-db", kAuthDb, "DB", 0, "The user's database (default: admin)", 0},
    {"role", kRole, "ROLE@DB", 0, "read, readWrite or insert on one database (default: everything)",
     0},
    {"mechanisms", kMechanisms, "LIST", 0,
     "SCRAM-SHA-1, SCRAM-SHA-256 or both, separated by a comma", 0},
    {"scram-iterations", kIterations, "N", 0, "At least 4096 (default: 10000 and 15000)", 0},
    {"replica-set", kReplicaSet, "NAME", 0, "Be the primary and only member of this set", 0},
    {"members", kMembers, "PORTS", 0, "Run one member on each port; --port is the control address",
     0},
    {"advertise", kAdvertise, "HOST", 0, "Listen on all addresses; clients use HOST", 0},
    {"election-ms", kElectionMs, "MS", 0, "Time without a primary until an election (default: 500)",
     0},
    {"max-wire-version", kMaxWireVersion, "N", 0, "maxWireVersion in hello (default: 17)", 0},
    {"tls-certificate-key-file", kTlsCertificateKeyFile, "PEM", 0, "Speak TLS", 0},
    {"tls-ca-file", kTlsCaFile, "PEM", 0, "Require a client certificate signed by one of these", 0},
    {nullptr, 0, nullptr, 0, nullptr, 0},
};

int parse_number(std::string_view value, int min, int max, argp_state* state, const char* option) {
  int number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < min || number > max) {
    argp_error(state, "--%s accepts a number from %d to %d", option, min, max);
  }
  return number;
}

std::vector<ScramMechanism> parse_mechanisms(std::string_view list, argp_state* state) {
  std::vector<ScramMechanism> mechanisms;
  while (true) {
    const std::size_t comma = list.find(',');
    const auto mechanism = mechanism_named(list.substr(0, comma));
    if (mechanism) {
      mechanisms.push_back(*mechanism);
    } else {
      argp_error(state, "--mechanisms accepts SCRAM-SHA-1 and SCRAM-SHA-256");
    }
    if (comma == std::string_view::npos) return mechanisms;
    list.remove_prefix(comma + 1);
  }
}

std::vector<std::uint16_t> parse_ports(std::string_view list, argp_state* state) {
  std::vector<std::uint16_t> ports;
  while (true) {
    const std::size_t comma = list.find(',');
    ports.push_back(static_cast<std::uint16_t>(
        parse_number(list.substr(0, comma), 0, 65535, state, "members")));
    if (comma == std::string_view::npos) return ports;
    list.remove_prefix(comma + 1);
  }
}

// argp also calls it without an argument, for its own events; none of these keys is one of those.
error_t parse_option(int key, char* argument, argp_state* state) {
  auto& options = *static_cast<ProgramOptions*>(state->input);
  NodeOptions& node = options.server.node;
  switch (key) {
    case kPort:
      options.server.port =
          static_cast<std::uint16_t>(parse_number(argument, 0, 65535, state, "port"));
      return 0;
    case kUser: node.account.user = argument; return 0;
    case kPasswordFile: options.password_file = argument; return 0;
    case kAuthDb: node.account.auth_database = argument; return 0;
    case kRole: node.account.role = argument; return 0;
    case kMechanisms: node.account.mechanisms = parse_mechanisms(argument, state); return 0;
    case kIterations:
      node.account.iterations_sha1 = node.account.iterations_sha256 =
          parse_number(argument, kScramIterationsMin, 1'000'000, state, "scram-iterations");
      return 0;
    case kReplicaSet: node.replica_set = argument; return 0;
    case kMembers: options.members = parse_ports(argument, state); return 0;
    case kAdvertise: options.server.advertised_host = argument; return 0;
    case kElectionMs:
      options.election_ms = parse_number(argument, 1, 600'000, state, "election-ms");
      return 0;
    case kMaxWireVersion:
      node.wire_version_max = parse_number(argument, 0, 100, state, "max-wire-version");
      return 0;
    case kTlsCertificateKeyFile: options.server.tls_certificate_key_file = argument; return 0;
    case kTlsCaFile: options.server.tls_ca_file = argument; return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

std::optional<std::string> read_password(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

using SetPassword = std::function<void(const std::string& password)>;

void serve_until_stopped(const ProgramOptions& options, const sigset_t& signals,
                         const SetPassword& set_password) {
  int number = 0;
  while (sigwait(&signals, &number) == 0 && number == SIGHUP) {
    const auto password = read_password(options.password_file);
    if (password) set_password(*password);
  }
}

int failed(const std::string& message) {
  std::fprintf(stderr, "scripted-mongod: %s\n", message.c_str());
  return EXIT_FAILURE;
}

void tell(const std::string& address) {
  std::printf("listening on %s\n", address.c_str());
  std::fflush(stdout);
}

int run_server(const ProgramOptions& options, const sigset_t& signals) {
  const Result<std::unique_ptr<Server>> server = Server::start(options.server);
  if (!server.is_ok()) return failed(server.message());
  tell(server.value()->address());
  serve_until_stopped(options, signals, [&](const std::string& password) {
    server.value()->node().account.set_password(password);
  });
  return EXIT_SUCCESS;
}

int run_set(const ProgramOptions& options, const sigset_t& signals) {
  if (options.server.node.replica_set.empty()) return failed("--members needs --replica-set");
  const Result<std::unique_ptr<ReplicaSet>> set =
      ReplicaSet::start({options.server, options.members, options.election_ms});
  if (!set.is_ok()) return failed(set.message());
  tell(set.value()->control_address());
  for (const std::string& host : set.value()->hosts()) tell(host);
  serve_until_stopped(options, signals,
                      [&](const std::string& password) { set.value()->set_password(password); });
  return EXIT_SUCCESS;
}

int run(ProgramOptions options) {
  if (!options.server.node.account.user.empty()) {
    const auto password = read_password(options.password_file);
    if (!password) return failed("--user needs a readable --password-file");
    options.server.node.account.password = *password;
  }
  const sigset_t signals = block_signals();
  return options.members.empty() ? run_server(options, signals) : run_set(options, signals);
}

}  // namespace
}  // namespace mongo_store::scripted

int main(int argc, char** argv) {
  using namespace mongo_store::scripted;
  ProgramOptions options;
  const argp parser = {kOptions, parse_option,
                       nullptr,  "A stand-in for mongod that keeps documents in memory, for tests.",
                       nullptr,  nullptr,
                       nullptr};
  if (argp_parse(&parser, argc, argv, 0, nullptr, &options) != 0) return EXIT_FAILURE;
  return run(std::move(options));
}
