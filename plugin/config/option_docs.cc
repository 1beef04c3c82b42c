// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// mongo-store-option-docs: prints the option table as a document or a sample configuration.
#include <argp.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "config/markdown.h"
#include "config/sample.h"

namespace {

struct Arguments {
  std::string format;
  std::string check_path;
};

constexpr argp_option kFlags[] = {
    {"format", 'f', "FORMAT", 0,
     "markdown (docs/configuration.md), conf (mosquitto.conf) or manual (source of the manual "
     "page)",
     0},
    {"check", 'c', "FILE", 0, "Print nothing; fail if FILE differs", 0},
    {nullptr, 0, nullptr, 0, nullptr, 0}};

// Empty if the format is unknown.
std::string document(std::string_view format) {
  if (format == "markdown") return mongo_store::config::markdown();
  if (format == "conf") return mongo_store::config::sample_configuration();
  if (format == "manual") return mongo_store::config::manual();
  return "";
}

error_t parse_flag(int key, char* value, argp_state* state) {
  auto& arguments = *static_cast<Arguments*>(state->input);
  switch (key) {
    case 'f': arguments.format = value; return 0;
    case 'c': arguments.check_path = value; return 0;
    case ARGP_KEY_END:
      if (document(arguments.format).empty()) {
        argp_error(state, "--format must be markdown, conf or manual");
      }
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

int check(const std::string& path, std::string_view wanted) {
  std::ifstream file(path, std::ios::binary);
  const std::string found((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (found == wanted) return EXIT_SUCCESS;
  std::fprintf(stderr,
               "%s differs from the option table in plugin/config/option_table.cc; "
               "build the target update-configuration-docs\n",
               path.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr argp kParser = {kFlags,  parse_flag, nullptr, "Prints the plugin's options.",
                            nullptr, nullptr,    nullptr};
  Arguments arguments;
  if (argp_parse(&kParser, argc, argv, 0, nullptr, &arguments) != 0) return EXIT_FAILURE;
  const std::string wanted = document(arguments.format);
  if (!arguments.check_path.empty()) return check(arguments.check_path, wanted);
  return std::fwrite(wanted.data(), 1, wanted.size(), stdout) == wanted.size() ? EXIT_SUCCESS
                                                                               : EXIT_FAILURE;
}
