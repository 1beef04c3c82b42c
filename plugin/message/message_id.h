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

// Finds the id that the sender gave the message, in the place that the route names, and sets
// `message_id` to it: empty if there is none or it is empty. It is a view into the publish or
// `tree`. In a payload, an id is a string, or a whole number (its digits as they are written). An
// id that can't be used is a rejection: without it, a resend would become a second document. Pure.
Rejection find_message_id(const Publish& publish, const Route& route, const JsonTree& tree,
                          std::string_view* message_id);

// The `_id` of a message that has an id. It is computed from the sender (user name, or client id if
// anonymous), the device and the message id, and is therefore the same for every resend through any
// broker. docs/journal-format.md defines the computation, which must never change. Throws
// std::bad_alloc.
ObjectId message_document_id(const Publish& publish, std::string_view device_uid,
                             std::string_view message_id);

}  // namespace mongo_store::message
