// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "journal/journal_search.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "journal/format.h"

namespace mongo_store::journal {
namespace {

constexpr std::size_t kJournalDigits = 4;

bool is_journal_number(std::string_view name) {
  return name.size() == kJournalDigits &&
         std::ranges::all_of(name, [](char digit) { return digit >= '0' && digit <= '9'; });
}

bool is_journal(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) {
    return name == kLockName || name == kCheckpointName || segment_number(name).has_value();
  });
}

}  // namespace

Result<std::vector<std::string>> find_journals(std::string directory, FileSystem& files) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  const Result<std::vector<std::string>> names = files.list(directory);
  if (!names.is_ok()) return names.status();
  if (is_journal(names.value())) return std::vector<std::string>{directory};
  std::vector<std::string> journals;
  for (const std::string& name : names.value()) {
    const std::string path = text(directory, '/', name);
    if (!is_journal_number(name)) continue;
    const Result<std::vector<std::string>> inside = files.list(path);
    if (inside.is_ok() && is_journal(inside.value())) journals.push_back(path);
  }
  if (!journals.empty()) return journals;
  return Status::absent(text(directory,
                             " contains no journal; accepted: the plugin's journal_dir, or ",
                             "one of the numbered journals in it"));
}

}  // namespace mongo_store::journal
