// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/parse.h"

#include <utility>

#include "base/text.h"
#include "config/agreement.h"
#include "config/mongo_uri.h"
#include "config/option_table.h"
#include "config/refusal_line.h"
#include "config/secret_file.h"
#include "config/source_map.h"
#include "config/value.h"

namespace mongo_store::config {
namespace {

// A single parse: apply the sources in order of increasing precedence, then call finish() once.
class Parser {
 public:
  explicit Parser(std::vector<std::string>& warnings) : warnings_(warnings) {}

  Status apply_defaults();
  Status apply_settings(std::span<const Setting> settings, Source source);
  Status apply_environment(const Environment& environment);
  Result<Config> finish(const Environment& environment, const HostFacts& host);

 private:
  Status apply(const Option& option, Source source, std::string_view value);
  Status apply_secret_file(const Option& secret, const Option& file, std::string& to_path);
  Status read_secret(const Option& secret, const Option& file, const std::string& path);
  Status apply_gateway_id(const Environment& environment, const HostFacts& host);
  Status adopt_database_of_uri();
  void warn_of_consequences();

  Config config_;
  SourceMap sources_;
  std::vector<std::string>& warnings_;
};

Status Parser::apply(const Option& option, Source source, std::string_view value) {
  const std::string reason = set_value(option, value, config_);
  if (!reason.empty()) {
    return Status::refuse(refusal_line(source_label(source, option), option, value, reason));
  }
  sources_.put(option, source);
  return {};
}

Status Parser::apply_defaults() {
  for (const Option& option : all_options()) {
    if (option.default_text.empty()) continue;
    Status applied = apply(option, Source::kDefault, option.default_text);
    if (!applied.is_ok()) return applied;
  }
  return {};
}

Status Parser::apply_settings(std::span<const Setting> settings, Source source) {
  for (const auto& [key, value] : settings) {
    const Option* option = find_option(key);
    if (option == nullptr) {
      return Status::refuse(unknown_option_line(source, key));
    }
    if (sources_.of(*option) == source) {
      return Status::refuse(
          refusal_line(source_label(source, *option), *option, value, "is given twice"));
    }
    Status applied = apply(*option, source, value);
    if (!applied.is_ok()) return applied;
  }
  return {};
}

Status Parser::apply_environment(const Environment& environment) {
  for (auto variable = environment.lower_bound(kEnvironmentPrefix);
       variable != environment.end() && variable->first.starts_with(kEnvironmentPrefix);
       ++variable) {
    const Option* option = nullptr;
    for (const Option& candidate : all_options()) {
      if (variable->first == environment_name(candidate)) option = &candidate;
    }
    if (option == nullptr) {
      warnings_.push_back(unknown_variable_line(variable->first));
      continue;
    }
    Status applied = apply(*option, Source::kEnvironment, variable->second);
    if (!applied.is_ok()) return applied;
  }
  return {};
}

Status Parser::read_secret(const Option& secret, const Option& file, const std::string& path) {
  const std::string label = source_label(sources_.of(file), file);
  Result<std::string> content = read_secret_file(path);
  if (!content.is_ok()) {
    return Status::refuse(
        text(label, ": ", content.message(), "; accepted: ", accepted_text(file)));
  }
  const std::string reason = set_exact_value(secret, content.value(), config_);
  if (!reason.empty()) {
    return Status::refuse(refusal_line(text(label, ": file \"", escaped(path), "\""), secret,
                                       content.value(), reason));
  }
  if (is_open_to_others(path)) {
    warnings_.push_back(
        text(label, ": file \"", escaped(path),
             "\" is open to every user of this machine; set its mode to 0640 or 0600"));
  }
  return {};
}

Status Parser::apply_secret_file(const Option& secret, const Option& file, std::string& to_path) {
  if (to_path.empty()) return {};
  const Source source = sources_.of(file);
  if (sources_.of(secret) == source) {
    return Status::refuse(text(source_label(source, secret), " and ", source_label(source, file),
                               " are both given; accepted: one of them"));
  }
  if (sources_.of(secret) > source) {
    to_path.clear();
    return {};
  }
  return read_secret(secret, file, to_path);
}

Status Parser::apply_gateway_id(const Environment& environment, const HostFacts& host) {
  if (!config_.gateway_id.empty()) return {};
  const Option& option = *find_option("gateway_id");
  const auto task = environment.find(kTaskIdVariable);
  const bool has_task = task != environment.end() && !task->second.empty();
  const std::string& value = has_task ? task->second : host.host_name;
  const std::string label =
      has_task ? text("environment variable ", kTaskIdVariable) : "the host name";
  const std::string reason = set_value(option, value, config_);
  if (reason.empty()) return {};
  return Status::refuse(refusal_line(text("gateway_id from ", label), option, value, reason));
}

// MongoDB's own tools use the database in the URI, too.
Status Parser::adopt_database_of_uri() {
  const std::string named = database_in(config_.mongo_uri);
  if (named.empty() || named == config_.database) return {};
  const Option& option = *find_option("database");
  const Source source = sources_.of(option);
  if (source != Source::kDefault) {
    return Status::refuse(text(source_label(source, option), " \"", escaped(config_.database),
                               "\" differs from the database in mongo_uri, \"", escaped(named),
                               "\"; accepted: one of them, or both the same (to authenticate "
                               "against another database, set mongo_auth_source)"));
  }
  config_.database = named;
  sources_.put(option, Source::kMongoUri);
  return {};
}

void Parser::warn_of_consequences() {
  if (config_.write_concern_nodes != 0) {
    warnings_.push_back(
        text("write_concern \"", config_.write_concern_nodes,
             "\" turns off exactly-once delivery: a failover can lose stored documents"));
  }
  const Option& uri = *find_option("mongo_uri");
  if (sources_.of(uri) == Source::kFlag && has_password(config_.mongo_uri)) {
    warnings_.push_back(
        "--mongo-uri contains a password, which the process list shows; use --mongo-uri-file");
  }
}

Result<Config> Parser::finish(const Environment& environment, const HostFacts& host) {
  Status status = apply_secret_file(*find_option("mongo_uri"), *find_option("mongo_uri_file"),
                                    config_.mongo_uri_file);
  if (!status.is_ok()) return status;
  status = apply_secret_file(*find_option("mongo_password"), *find_option("mongo_password_file"),
                             config_.mongo_password_file);
  if (!status.is_ok()) return status;
  status = apply_gateway_id(environment, host);
  if (!status.is_ok()) return status;
  status = adopt_database_of_uri();
  if (!status.is_ok()) return status;
  status = check_agreement(config_, sources_);
  if (!status.is_ok()) return status;
  warn_of_consequences();
  return std::move(config_);
}

}  // namespace

Result<Config> parse_config(std::span<const Setting> plugin_options, const Environment& environment,
                            const HostFacts& host, std::vector<std::string>& warnings) {
  Parser parser(warnings);
  Status status = parser.apply_defaults();
  if (status.is_ok()) status = parser.apply_settings(plugin_options, Source::kPluginOption);
  if (status.is_ok()) status = parser.apply_environment(environment);
  if (!status.is_ok()) return status;
  return parser.finish(environment, host);
}

Result<Config> parse_flags(std::span<const Setting> plugin_options, std::span<const Setting> flags,
                           const Environment& environment, const HostFacts& host,
                           std::vector<std::string>& warnings) {
  Parser parser(warnings);
  Status status = parser.apply_defaults();
  if (status.is_ok()) status = parser.apply_settings(plugin_options, Source::kPluginOption);
  if (status.is_ok()) status = parser.apply_environment(environment);
  if (status.is_ok()) status = parser.apply_settings(flags, Source::kFlag);
  if (!status.is_ok()) return status;
  return parser.finish(environment, host);
}

}  // namespace mongo_store::config
