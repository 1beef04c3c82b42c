// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "mongo/handles.h"

namespace mongo_store::mongo {

inline constexpr std::size_t kEmptyDocumentBytes = 5;

// A view of bytes that outlive it. False if they aren't exactly one document. The driver's own
// function ends the process on a null pointer.
inline bool view_as_bson(bson_t* view, ByteView bytes) {
  return bytes.size() >= kEmptyDocumentBytes &&
         bson_init_static(view, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace mongo_store::mongo
