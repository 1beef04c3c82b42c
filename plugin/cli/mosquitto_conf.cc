// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/mosquitto_conf.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "config/option_table.h"

namespace mongo_store::cli {
namespace {

constexpr std::string_view kPluginFile = "mosquitto_mongo_store.so";
constexpr std::size_t kFileBytesMax = std::size_t{1024} * 1024;

std::string quoted(const std::string& path) { return text('"', escaped(path, 256), '"'); }

Status unreadable(const std::string& path, std::string_view reason) {
  return Status::io(text(quoted(path), " can't be read: ", reason));
}

Status unreadable(const std::string& path, int error) {
  const std::string reason = std::generic_category().message(error);
  const bool is_denied = error == EACCES || error == EPERM;
  return unreadable(
      path, text(reason, is_denied ? ": run mongo-store as root or as the broker's user" : ""));
}

struct CloseFile {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

Result<std::string> read_whole_file(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return unreadable(path, errno);
  // Opening a FIFO would wait for a writer.
  if (!S_ISREG(found.st_mode)) return unreadable(path, "it isn't a regular file");
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return unreadable(path, errno);
  std::string content(kFileBytesMax + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) return unreadable(path, errno);
  if (content.size() > kFileBytesMax) return unreadable(path, "it is larger than 1 MiB");
  return content;
}

// Mosquitto's order of the files of an include_dir.
bool is_included_before(const std::string& one, const std::string& other) {
  const auto key = [](char c) {
    return std::pair(std::toupper(static_cast<unsigned char>(c)), static_cast<unsigned char>(c));
  };
  return std::ranges::lexicographical_compare(one, other, std::ranges::less(), key, key);
}

Result<std::vector<std::string>> files_of(const std::string& folder) {
  constexpr std::string_view kSuffix = ".conf";
  std::error_code error;
  std::vector<std::string> files;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.ends_with(kSuffix) && name.size() > kSuffix.size()) files.push_back(entry->path());
  }
  if (error) return unreadable(folder, error.value());
  std::ranges::sort(files, is_included_before);
  return files;
}

std::string_view trimmed(std::string_view words) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = words.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return words.substr(first, words.find_last_not_of(kBlanks) - first + 1);
}

// Only a space ends a word; a tab belongs to it.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

std::string_view without_prefix(std::string_view word, std::string_view prefix) {
  return word.starts_with(prefix) ? word.substr(prefix.size()) : std::string_view();
}

// The name of an option, or empty if the word is none. auth_opt_ is the older prefix.
std::string_view option_key(std::string_view word) {
  const std::string_view key = without_prefix(word, config::kPluginOptionPrefix);
  return key.empty() ? without_prefix(word, "auth_opt_") : key;
}

// One read of a configuration.
class ConfigurationReading {
 public:
  Result<PluginOptions> read(const std::string& path) {
    Status status = read_file(path, Level::kMain);
    if (!status.is_ok()) return status;
    if (!plugin_line_.empty()) return std::move(found_);
    if (!unreadable_.is_ok()) return unreadable_;
    return Status::absent(
        text("no plugin line of ", kPluginFile, " in ", quoted(path), " and its include_dirs"));
  }

 private:
  enum class Level : std::uint8_t { kMain, kIncluded };
  enum class Owner : std::uint8_t { kNone, kOtherPlugin, kThisPlugin };

  // Where the reading of one file has got to.
  struct Place {
    const std::string& path;
    const Level level;
    std::size_t line = 0;
    Owner owner = Owner::kNone;  // of the options that follow

    std::string name() const { return text(quoted(path), " line ", line); }
  };

  Status read_file(const std::string& path, Level level) {
    Result<std::string> content = read_whole_file(path);
    if (!content.is_ok()) return put_off(content.status());
    Place place{path, level};
    for (std::string_view rest = content.value(); !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      ++place.line;
      Status status = line.starts_with('#') ? Status() : read_line(line, place);
      if (!status.is_ok()) return status;
    }
    return {};
  }

  // The plugin line may be in a file that can be read.
  Status put_off(Status failure) {
    if (unreadable_.is_ok()) unreadable_ = std::move(failure);
    return {};
  }

  Status read_line(std::string_view rest, Place& place) {
    const std::string_view word = take_word(rest);
    if (word == "include_dir" && place.level == Level::kMain) return include(trimmed(rest));
    if (word == "plugin" || word == "auth_plugin" || word == "global_plugin") {
      return begin_plugin(trimmed(rest), place);
    }
    if (word == "plugin_load") {
      const std::string name(take_word(rest));
      if (is_this_plugin(trimmed(rest))) names_.insert(name);
      return begin_plugin(trimmed(rest), place);
    }
    if (word == "plugin_use") {
      const bool is_ours = names_.contains(std::string(trimmed(rest)));
      place.owner = is_ours ? Owner::kThisPlugin : Owner::kOtherPlugin;
      return {};
    }
    const std::string_view key = option_key(word);
    return key.empty() ? Status() : add_option(key, trimmed(rest), place);
  }

  Status include(std::string_view folder) {
    const Result<std::vector<std::string>> files = files_of(std::string(folder));
    if (!files.is_ok()) return put_off(files.status());
    for (const std::string& file : files.value()) {
      Status status = read_file(file, Level::kIncluded);
      if (!status.is_ok()) return status;
    }
    return {};
  }

  static bool is_this_plugin(std::string_view path) {
    return path.substr(path.rfind('/') + 1) == kPluginFile;
  }

  Status begin_plugin(std::string_view plugin, Place& place) {
    place.owner = is_this_plugin(plugin) ? Owner::kThisPlugin : Owner::kOtherPlugin;
    if (place.owner == Owner::kOtherPlugin) return {};
    if (!plugin_line_.empty()) {
      return Status::reject(text(place.name(), ": a second plugin line of ", kPluginFile,
                                 "; the first is ", plugin_line_, "; the broker accepts one"));
    }
    plugin_line_ = place.name();
    found_.file = place.path;
    return {};
  }

  Status add_option(std::string_view key, std::string_view value, const Place& place) {
    if (place.owner == Owner::kOtherPlugin) return {};
    if (place.owner == Owner::kNone) {
      return Status::reject(text(place.name(),
                                 ": this option comes before any plugin line of the file; "
                                 "accepted: options below their plugin line"));
    }
    if (value.empty()) {
      return Status::reject(
          text(place.name(), ": an option without a value; accepted: NAME, one space, VALUE"));
    }
    found_.settings.push_back({std::string(key), std::string(value)});
    return {};
  }

  PluginOptions found_;
  std::string plugin_line_;                   // where; empty: none yet
  std::set<std::string, std::less<>> names_;  // of this plugin, in plugin_load
  Status unreadable_;                         // the first file or folder that can't be read
};

}  // namespace

Result<PluginOptions> read_plugin_options(const std::string& path) {
  return ConfigurationReading().read(path);
}

}  // namespace mongo_store::cli
