// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <map>

#include "config/option_table.h"
#include "config/refusal_line.h"

namespace mongo_store::config {

// Where each member of a Config came from.
class SourceMap {
 public:
  Source of(const Option& option) const {
    const auto found = sources_.find(&option);
    return found == sources_.end() ? Source::kDefault : found->second;
  }
  void put(const Option& option, Source source) { sources_[&option] = source; }

 private:
  std::map<const Option*, Source> sources_;
};

}  // namespace mongo_store::config
