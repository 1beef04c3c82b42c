#!/usr/bin/env bash
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# Mosquitto 2.0.11: a message over message_size_limit is acknowledged like any other, and dropped.
#
# One would expect: a client that has its PUBACK may forget the message, because the broker has it.
# What happens: an MQTT 3.1.1 client gets an ordinary PUBACK, and mosquitto_pub exits with 0. Nobody gets the
#   message. mosquitto.conf(5) says that the QoS flow is completed, and that MQTT 5 clients get the reason
#   code "implementation specific error" (0x83). They get 0x95, "packet too large".
# Consequence: under this limit PUBACK doesn't mean that the broker has the message, and a client of
#   MQTT 5 that looks for 0x83 misses it. max_packet_size closes the connection, which clients notice.
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

unpack_mosquitto
port=$(free_port)
start_mosquitto "$port" <<END
listener $port 127.0.0.1
allow_anonymous true
message_size_limit 10
END
start_subscriber "$port" 1

publish='\x32\x19\x00\x01t\x00\x07twenty bytes of text'
mqtt_open "$port"
mqtt_send '\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c'
expect 'CONNACK' 20020000 "$(mqtt_receive)"
mqtt_send "$publish"
expect 'MQTT 3.1.1: PUBACK of packet id 7' 40020007 "$(mqtt_receive)"
mqtt_close

status=0
mosquitto_publish "$port" -q 1 -t t -m 'twenty bytes of text' || status=$?
expect 'exit status of mosquitto_pub -q 1' 0 "$status"

mqtt_open "$port"
mqtt_send '\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01d'
mqtt_receive >/dev/null  # CONNACK
mqtt_send '\x32\x1a\x00\x01t\x00\x07\x00twenty bytes of text'
expect 'MQTT 5: PUBACK of packet id 7 with reason code' 95 "$(mqtt_receive | cut -c 9-10)"
mqtt_close

mosquitto_publish "$port" -q 1 -t t -m 'ten bytes.'
sleep 0.5
expect 'messages that the subscriber got' 'ten bytes.' "$(cat "$folder/received")"

# The other limit.
port=$(free_port)
start_mosquitto "$port" <<END
listener $port 127.0.0.1
allow_anonymous true
max_packet_size 20
END
mqtt_open "$port"
mqtt_send '\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c'
expect 'CONNACK' 20020000 "$(mqtt_receive)"
mqtt_send "$publish"
expect 'under max_packet_size: PUBACK' '' "$(mqtt_receive)"
finish
