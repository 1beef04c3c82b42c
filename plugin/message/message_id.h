// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include <string_view>

#include "base/object_id.h"
#include "message/delivery_context.h"
#include "message/json_tree.h"
#include "message/publish.h"
#include "message/rejection.h"

namespace mongo_store::message {

// The id that the sender gave the message, where the route says; empty: it gave none, or an empty
// one. In a payload: a string, or a whole number as its digits are written. A view of the publish
// or of `tree`. An id that is there and can't be taken is a rejection, for without it a resend
// would become a second document.
Rejection find_message_id(const Publish& publish, const Route& route, const JsonTree& tree,
                          std::string_view* message_id);

// The `_id` of a message with an id, the same for each resend through whichever broker: of who
// authenticated (user name, else client id), the device and the message id. How it is made stands
// in docs/journal-format.md, as every version must make the same. Throws std::bad_alloc.
ObjectId message_document_id(const Publish& publish, std::string_view device_uid,
                             std::string_view message_id);

}  // namespace mongo_store::message
