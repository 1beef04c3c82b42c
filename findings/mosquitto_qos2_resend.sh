#!/usr/bin/env bash
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# Mosquitto 2.0.11: a plugin sees a QoS 2 message as often as it is sent, subscribers see it once.
#
# One would expect: QoS 2 is "exactly once", so the broker recognises a resend by its packet id before
#   anybody else looks at it.
# What happens: MOSQ_EVT_MESSAGE is raised before the check for duplicates. The event has neither packet
#   id nor DUP flag, so a plugin can't tell a resend from a new message.
# Consequence: a plugin that stores, counts or forwards messages does so twice for each PUBREC that is
#   lost. It needs an id in the message itself.
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

unpack_mosquitto
unpack_mosquitto_headers
build_event_plugin
port=$(free_port)
start_mosquitto "$port" <<END
listener $port 127.0.0.1
allow_anonymous true
plugin $folder/event.so
END

start_subscriber "$port" 2

# Client "c" of MQTT 3.1.1 keeps its session.
connect='\x10\x0d\x00\x04MQTT\x04\x00\x00\x3c\x00\x01c'
mqtt_open "$port"
mqtt_send "$connect"
expect 'CONNACK, a new session' 20020000 "$(mqtt_receive)"
mqtt_send '\x34\x0a\x00\x01t\x00\x07hello'  # PUBLISH, QoS 2, packet id 7
expect 'PUBREC of packet id 7' 50020007 "$(mqtt_receive)"
mqtt_close  # as if PUBREC were lost with the connection

mqtt_open "$port"
mqtt_send "$connect"
expect 'CONNACK, session present' 20020100 "$(mqtt_receive)"
mqtt_send '\x3c\x0a\x00\x01t\x00\x07hello'  # the same with the DUP flag, as the standard demands
expect 'PUBREC of packet id 7' 50020007 "$(mqtt_receive)"
mqtt_send '\x62\x02\x00\x07'  # PUBREL
expect 'PUBCOMP of packet id 7' 70020007 "$(mqtt_receive)"
mqtt_close
sleep 0.5

grep ': event: ' "$folder/mosquitto.log"
expect 'messages that the plugin saw' 2 "$(events)"
expect 'messages that the subscriber got' 1 "$(grep -c hello "$folder/received")"
finish
