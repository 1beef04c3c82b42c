#!/usr/bin/env bash
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# Mosquitto 2.0.11: under per_listener_settings, a plugin line above the listeners misses their messages.
#
# One would expect: a plugin line above all listeners is for all of them, or is refused at start.
# What happens: the plugin belongs to the default listener, which is on `port` (1883 if there is no such
#   line). It is loaded, and the log has no warning. Messages that arrive through a `listener` are
#   acknowledged and delivered, and the plugin gets no event.
# Consequence: one line elsewhere in the configuration turns off a plugin that stores, checks or changes
#   messages. Put the plugin below its listener, or set per_listener_settings false. A plugin should
#   warn if it gets no events.
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

unpack_mosquitto
unpack_mosquitto_headers
build_event_plugin

# Starts a broker, publishes one message through its listener and one through the default listener.
try() {  # NAME EVENTS; configuration on stdin
  local port default name=$1 expected=$2
  port=$(free_port)
  default=$(free_port)
  start_mosquitto "$port" < <(sed "s/LISTENER/$port/; s/DEFAULT/$default/")
  start_subscriber "$port" 1
  mosquitto_publish "$port" -q 1 -t t -m first
  mosquitto_publish "$default" -q 1 -t t -m second
  await grep -q second "$folder/received"
  expect "$name: the subscriber got" 'first second' "$(paste -sd ' ' "$folder/received")"
  expect "$name: the plugin saw" "$expected" \
    "$(sed -n 's/.*: event: t //p' "$folder/mosquitto.log" | paste -sd ' ')"
}

default='bind_address 127.0.0.1
port DEFAULT
allow_anonymous true'
listener='listener LISTENER 127.0.0.1
allow_anonymous true'
plugin="plugin $folder/event.so"

try 'per_listener_settings false' 'first second' <<END
per_listener_settings false
$plugin
$default
$listener
END
try 'per_listener_settings true, plugin above the listener' second <<END
per_listener_settings true
$default
$plugin
$listener
END
warnings=$(grep -v 'should not be run as root' "$folder/mosquitto.log" | grep -ci 'warn\|error' || true)
expect 'warnings and errors in its log' 0 "$warnings"
try 'per_listener_settings true, plugin below the listener' first <<END
per_listener_settings true
$default
$listener
$plugin
END
finish
