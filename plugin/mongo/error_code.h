// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstdint>

namespace mongo_store::mongo {

// The meaning of a server's error code, whether it came for one document or for a whole command.
enum class ErrorMeaning {
  kDuplicateKey,
  kDocumentAtFault,  // the same document will always be refused
  kLater,            // throttled: the server has more work than it accepts
  kServerState,      // an election, a shutdown, a full disk: it passes
  kNeedsPerson,      // credentials, rights, names
  kUnclear,          // everything else
};

ErrorMeaning meaning_of(std::int32_t server_code);

}  // namespace mongo_store::mongo
