// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
// journal-filler DIR DATABASE COUNT: fills the journal_dir DIR like a broker that was killed with
// COUNT records pending. They are {"uuid":"d","value":0} and so on, for that database.
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/logger.h"
#include "base/object_id_generator.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/journal_folder.h"
#include "journal/posix_file_system.h"
#include "message/delivery_context.h"
#include "message/publish.h"

namespace mongo_store::test {
namespace {

constexpr std::uint64_t kJournalBytesMax = std::uint64_t{4} << 30;

class StderrLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view line) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }
};

ByteBuffer context_for(const std::string& database) {
  message::Route route;
  route.database = database;
  route.collection = "devices";
  route.dead_letter_collection = "devices_dead_letter";
  route.payload_bytes_max = 1 << 20;
  return message::encode_context({"filler", {route}});
}

bool append(journal::Journal& journal, const ObjectId& id, std::int64_t now_ms,
            const std::string& payload) {
  message::Publish publish;
  publish.id = id;
  publish.arrival_ms = now_ms;
  publish.qos = 1;
  publish.topic = "device/d";
  publish.client_id = "filler";
  publish.payload_bytes_total = static_cast<std::uint32_t>(payload.size());
  std::array<std::byte, message::kPublishHeadBytesMax> head;
  const std::size_t head_bytes = message::encode_head(publish, head);
  return journal.append(id, ByteView(head).first(head_bytes), as_bytes(payload)) ==
         journal::AppendOutcome::kAppended;
}

int fill(const std::string& journal_dir, const std::string& database, std::uint64_t count) {
  journal::PosixFileSystem files;
  const SystemClock clock;
  StderrLogger logger;
  auto folder = journal::lock_journal_folder(journal_dir, files);
  if (!folder.is_ok()) return std::fprintf(stderr, "%s\n", folder.message().c_str()), 1;
  journal::Journal::Settings settings;
  settings.directory = folder.value().path;
  settings.bytes_max = kJournalBytesMax;
  settings.medium = folder.value().facts.medium;
  settings.context = context_for(database);
  auto journal = journal::Journal::open(settings, files, clock, logger);
  if (!journal.is_ok()) return std::fprintf(stderr, "%s\n", journal.message().c_str()), 1;
  ObjectIdGenerator ids(journal.value()->recovered_last_id(), clock.wall_ms());
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::int64_t now_ms = clock.wall_ms();
    if (!append(*journal.value(), ids.next(now_ms), now_ms,
                text(R"({"uuid":"d","value":)", n, '}'))) {
      return std::fprintf(stderr, "not appended\n"), 1;
    }
  }
  _exit(0);  // like a killed broker: nothing is closed
}

}  // namespace
}  // namespace mongo_store::test

int main(int argc, char** argv) {
  std::uint64_t count = 0;
  const std::string_view given = argc == 4 ? argv[3] : "";
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), count);
  if (error != std::errc() || end != given.data() + given.size() || given.empty()) {
    return std::fprintf(stderr, "usage: journal-filler DIR DATABASE COUNT\n"), 64;
  }
  return mongo_store::test::fill(argv[1], argv[2], count);
}
