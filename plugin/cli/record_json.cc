// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/record_json.h"

#include "cli/base64.h"
#include "cli/json_line.h"
#include "cli/time_text.h"
#include "message/publish.h"

namespace mongo_store::cli {
namespace {

void add_publish(const message::Publish& publish, JsonLine& line) {
  line.add("date", time_text(publish.arrival_ms));
  line.add_text_or_base64("topic", as_bytes(publish.topic));
  line.add_text_or_base64("clientID", as_bytes(publish.client_id));
  if (publish.has_username) {
    line.add_text_or_base64("username", as_bytes(publish.username));
  } else {
    line.add_null("username");
  }
  line.add_number("qos", publish.qos);
  line.add_bool("retain", publish.is_retain);
  line.add_number("route", publish.route);
  line.add_number("payloadBytes", publish.payload_bytes_total);
  line.add_text_or_base64("payload", publish.payload);
}

}  // namespace

std::string record_json(std::string_view journal, const journal::FoundRecord& record) {
  JsonLine line;
  line.add_text_or_base64("journal", as_bytes(journal));
  line.add_number("sequence", record.sequence);
  line.add("_id", record.id.hex());
  line.add_bool("isPending", !record.is_settled);
  const Result<message::Publish> publish = message::decode_publish(record.id, record.body);
  if (publish.is_ok()) {
    add_publish(publish.value(), line);
  } else {
    line.add("unreadable", publish.message());
    line.add("bodyBase64", base64(record.body));
  }
  return line.print();
}

}  // namespace mongo_store::cli
