// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/document_views.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "mongo/bson_view.h"

namespace mongo_store::mongo {
namespace {

constexpr std::int32_t kInvalidBson = 22;
constexpr std::int32_t kBsonObjectTooLarge = 10334;

}  // namespace

DocumentViews::DocumentViews(std::span<const ByteView> documents) {
  views_.reserve(documents.size());  // pointers_ point into it
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const ByteView document = documents[i];
    bson_t& view = views_.emplace_back().bson;
    if (document.size() > kDocumentBytesMax) {
      refuse(
          i, kBsonObjectTooLarge,
          text("the document has ", document.size(), " bytes; MongoDB takes ", kDocumentBytesMax));
    } else if (!view_as_bson(&view, document)) {
      refuse(i, kInvalidBson, "not a BSON document");
    } else {
      pointers_.push_back(&view);
      positions_.push_back(i);
    }
  }
}

void DocumentViews::refuse(std::size_t position, std::int32_t code, std::string message) {
  refused_.push_back({position, delivery::RefusalKind::kDocumentAtFault, code, std::move(message)});
}

}  // namespace mongo_store::mongo
