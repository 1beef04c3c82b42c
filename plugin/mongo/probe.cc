// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/probe.h"

#include <optional>
#include <string_view>

#include "base/text.h"
#include "mongo/driver_log.h"
#include "mongo/error_sorter.h"
#include "mongo/privileges.h"
#include "mongo/read_concern.h"
#include "mongo/set_member.h"

namespace mongo_store::mongo {
namespace {

using delivery::ProbeLine;
using delivery::Target;

constexpr std::string_view kConnectionStatus = "connectionStatus";

std::string text_of(const Target& target) { return text(target.database, '.', target.collection); }

std::string word_at(const bson_t& reply, const char* path) {
  bson_iter_t at;
  bson_iter_t found;
  if (!bson_iter_init(&at, &reply) || !bson_iter_find_descendant(&at, path, &found) ||
      !BSON_ITER_HOLDS_UTF8(&found)) {
    return "";
  }
  return escaped(bson_iter_utf8(&found, nullptr), 60);
}

std::string version_in(const bson_t& build_info) {
  const std::string version = word_at(build_info, "version");
  std::string ferret = word_at(build_info, "ferretdbVersion");
  if (ferret.empty()) ferret = word_at(build_info, "ferretdb.version");
  return text("version ", version.empty() ? "unknown" : version,
              ferret.empty() ? "" : text(" (FerretDB ", ferret, ")"));
}

// The findings once the connection works. A flaw makes the line a warning.
class Findings {
 public:
  void add(std::string_view found) { found_ += found; }
  void add_flaw(std::string_view flaw) { flaws_ += text("; but ", flaw); }
  ProbeLine line() && {
    return {flaws_.empty() ? LogLevel::kInfo : LogLevel::kWarning, found_ + flaws_};
  }

 private:
  std::string found_;
  std::string flaws_;
};

class Probe {
 public:
  Probe(const mongoc_uri_t& uri, const std::string& hosts, bool is_early)
      : uri_(uri), hosts_(hosts), is_early_(is_early) {}

  ProbeLine run(std::span<const Target> targets) {
    const MutedDriverLog driver_log;  // the line says everything
    client_.reset(mongoc_client_new_from_uri_with_error(&uri_, &error_));
    if (client_ == nullptr) return failed("look up");
    mongoc_client_set_error_api(client_.get(), MONGOC_ERROR_API_VERSION_2);
    const ServerPtr server(mongoc_client_select_server(client_.get(), true, nullptr, &error_));
    if (server == nullptr) return not_selected();
    OwnedBson build_info;
    if (!command("buildInfo", build_info)) return failed("log in");
    add_server(*mongoc_server_description_hello_response(server.get()), *build_info);
    add_rights(targets);
    add_write_concern();
    if (!targets.empty() && may_read_) add_reading(targets.front());
    return std::move(findings_).line();
  }

 private:
  bool command(std::string_view name, OwnedBson& reply) {
    OwnedBson command;
    bson_append_int32(command.get(), name.data(), static_cast<int>(name.size()), 1);
    if (name == kConnectionStatus) bson_append_bool(command.get(), "showPrivileges", -1, true);
    return mongoc_client_command_simple(client_.get(), "admin", command.get(), nullptr, reply.get(),
                                        &error_);
  }

  void add_server(const bson_t& hello, const bson_t& build_info) {
    const SetMember member = set_member_of(hello, hosts_);
    const bool is_mongos = word_at(hello, "msg") == "isdbgrid";
    findings_.add(text("MongoDB: connected to ",
                       is_mongos            ? "a sharded cluster"
                       : member.set.empty() ? "a single server"
                                            : text("the replica set ", member.set),
                       " at ", hosts_, ", ", version_in(build_info)));
    if (member.set.empty() || mongoc_uri_get_replica_set(&uri_) != nullptr) return;
    if (!member.is_primary) {
      findings_.add_flaw(text("it is a secondary, which accepts no writes: add replicaSet=",
                              member.set, " to mongo_uri, and the other members' names"));
    } else if (mongoc_uri_get_hosts(&uri_)->next == nullptr) {
      findings_.add_flaw(
          text("mongo_uri has no replicaSet, so no other primary would be found: add "
               "replicaSet=",
               member.set, ", and the other members' names"));
    }
  }

  // Skips commands that a server doesn't know.
  void add_rights(std::span<const Target> targets) {
    OwnedBson status;
    const bool is_told = command(kConnectionStatus, status);
    const Privileges privileges(is_told ? *status : *OwnedBson());
    if (is_told) {
      findings_.add(privileges.user().empty() ? ", without a user"
                                              : text(", as ", privileges.user()));
    }
    bool is_allowed = is_told;
    for (const Target& target : targets) {
      for (const std::string_view action : {"insert", "find"}) {
        const std::optional<bool> allowed = privileges.allows(action, target);
        is_allowed = is_allowed && allowed.value_or(false);
        if (allowed.value_or(true)) continue;
        if (action == "find") may_read_ = false;
        findings_.add_flaw(text("that user may not ", action, " in ", text_of(target),
                                ": give it the role readWrite on ", target.database));
      }
    }
    if (is_allowed) findings_.add(", which may insert and find");
  }

  // Reads in the same way as delivery does after a lost answer.
  void add_reading(const Target& target) {
    OwnedBson nobody;
    OwnedBson options;
    bson_oid_t none = {};
    bson_append_oid(nobody.get(), "_id", -1, &none);
    bson_append_int64(options.get(), "limit", -1, 1);
    append_majority_read(options.get());
    const std::string database(target.database);
    const std::string name(target.collection);
    const CollectionPtr in(
        mongoc_client_get_collection(client_.get(), database.c_str(), name.c_str()));
    const CursorPtr cursor(
        mongoc_collection_find_with_opts(in.get(), nobody.get(), options.get(), nullptr));
    const bson_t* found = nullptr;
    (void)mongoc_cursor_next(cursor.get(), &found);
    if (!mongoc_cursor_error(cursor.get(), &error_)) return;
    if (is_majority_read_refused(error_)) {
      findings_.add(
          "; it refuses majority reads (code 148, enableMajorityReadConcern is false there): "
          "documents that may be stored already are confirmed by sending them again");
    } else {
      findings_.add_flaw(sort_command(error_, text("find in ", text_of(target))).message());
    }
  }

  void add_write_concern() {
    const mongoc_write_concern_t* concern = mongoc_uri_get_write_concern(&uri_);
    findings_.add(
        mongoc_write_concern_get_wmajority(concern)
            ? text("; write concern majority, journaled")
            : text("; write concern ", mongoc_write_concern_get_w(concern), ", journaled"));
  }

  ProbeLine failed(std::string_view step) const {
    const Status status = sort_command(error_, step);
    if (is_early_ && is_authentication_failure(error_)) {
      return not_ready(LogLevel::kNotice, sort_early(status).message());
    }
    return not_ready(level_of(status), status.message());
  }

  ProbeLine not_selected() const {
    const Status status = sort_command(error_, "connect");
    const std::string advice = advice_on_set(uri_, error_.message);
    return not_ready(level_of(status), text(status.message(), advice));
  }

  static LogLevel level_of(const Status& failure) {
    return failure.code() == StatusCode::kRefuse ? LogLevel::kError : LogLevel::kWarning;
  }

  ProbeLine not_ready(LogLevel level, std::string_view why) const {
    return {level, text("MongoDB: not ready at ", hosts_, ": ", why,
                        "; messages are kept in the journal and sent later")};
  }

  const mongoc_uri_t& uri_;
  const std::string& hosts_;
  const bool is_early_;
  ClientPtr client_;
  bson_error_t error_ = {};
  Findings findings_;
  bool may_read_ = true;  // as far as is known
};

}  // namespace

ProbeLine probe(const mongoc_uri_t& uri, const std::string& hosts, std::span<const Target> targets,
                bool is_early) {
  return Probe(uri, hosts, is_early).run(targets);
}

}  // namespace mongo_store::mongo
