# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash
# What the findings share; sourced by them. Everything is in $folder, which is removed at the end.
set -euo pipefail

folder=$(mktemp -d)
root="$folder/root"  # of the unpacked packages
libraries="$root/usr/lib/x86_64-linux-gnu"
children=()
changed=0

clean_up() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait
  chmod -R u+w "$folder"  # Go's module cache is read-only
  rm -rf "$folder"
}
trap clean_up EXIT

cannot_run() { echo "cannot run: $*" >&2; exit 2; }

# Unpacks Debian packages and installs nothing.
unpack() {  # PACKAGE=VERSION...
  (cd "$folder" && apt-get -q -o APT::Sandbox::User=root download "$@" >apt.log 2>&1) ||
    { cat "$folder/apt.log" >&2; cannot_run "apt-get download $*"; }
  local package
  for package in "$folder"/*.deb; do
    dpkg -x "$package" "$root"
    rm "$package"
  done
  echo "packages: $*"
}

# Ends with 1 if one of them fails, at `finish`.
expect() {  # WHAT EXPECTED SEEN
  if [[ $2 == "$3" ]]; then echo "as found: $1: $3"; else
    echo "CHANGED: $1: '$3', was '$2'"
    changed=1
  fi
}

finish() { exit "$changed"; }

await() {  # COMMAND...
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  cannot_run "waited 10 s in vain: $*"
}

is_served() { (: <"/dev/tcp/127.0.0.1/$1"); }

free_port() {
  local port
  for ((port = 20000 + RANDOM % 10000; ; port++)); do
    is_served "$port" 2>/dev/null || { echo "$port"; return; }
  done
}

mosquitto_version=2.0.11-1.2+deb12u2

unpack_mosquitto() {
  unpack {mosquitto,libmosquitto1,mosquitto-clients}="$mosquitto_version"
}

unpack_mosquitto_headers() {
  unpack {mosquitto-dev,libmosquitto-dev}="$mosquitto_version"
}

# The log is $folder/mosquitto.log.
start_mosquitto() {  # PORT, configuration on stdin
  { cat; echo 'log_type all'; [[ $EUID != 0 ]] || echo 'user root'; } >"$folder/mosquitto.conf"
  LD_LIBRARY_PATH="$libraries" "$root/usr/sbin/mosquitto" -c "$folder/mosquitto.conf" \
    >"$folder/mosquitto.log" 2>&1 &
  children+=($!)
  await is_served "$1"
}

mosquitto_publish() {  # PORT ARGUMENT...
  local port=$1
  shift
  LD_LIBRARY_PATH="$libraries" "$root/usr/bin/mosquitto_pub" -h 127.0.0.1 -p "$port" "$@"
}

# What it gets on topic t is in $folder/received.
start_subscriber() {  # PORT QOS
  LD_LIBRARY_PATH="$libraries" "$root/usr/bin/mosquitto_sub" -h 127.0.0.1 -p "$1" -q "$2" -t t \
    -i subscriber >"$folder/received" 2>&1 &
  children+=($!)
  await grep -q 'Sending SUBACK to subscriber' "$folder/mosquitto.log"
}

# A plugin that logs one line for each message that it is shown: "event: TOPIC PAYLOAD".
build_event_plugin() {
  command -v gcc >/dev/null || cannot_run 'there is no gcc'
  cat >"$folder/event.c" <<'END'
#include <stdio.h>
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
static mosquitto_plugin_id_t *self;
static int on_message(int event, void *data, void *unused) {
  struct mosquitto_evt_message *message = data;
  (void)event; (void)unused;
  mosquitto_log_printf(MOSQ_LOG_NOTICE, "event: %s %.*s", message->topic,
                       (int)message->payloadlen, (const char *)message->payload);
  return MOSQ_ERR_SUCCESS;
}
int mosquitto_plugin_version(int count, const int *versions) {
  (void)count; (void)versions;
  return 5;
}
int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **data, struct mosquitto_opt *options,
                          int count) {
  (void)data; (void)options; (void)count;
  self = id;
  return mosquitto_callback_register(id, MOSQ_EVT_MESSAGE, on_message, NULL, NULL);
}
int mosquitto_plugin_cleanup(void *data, struct mosquitto_opt *options, int count) {
  (void)data; (void)options; (void)count;
  return mosquitto_callback_unregister(self, MOSQ_EVT_MESSAGE, on_message, NULL);
}
END
  gcc -shared -fPIC -I"$root/usr/include" -o "$folder/event.so" "$folder/event.c"
}

events() { grep -c ': event: ' "$folder/mosquitto.log" || true; }

# A raw MQTT connection on descriptor 3.
mqtt_open() { exec 3<>"/dev/tcp/127.0.0.1/$1"; }  # PORT
mqtt_close() { exec 3<&-; }
mqtt_send() { printf '%b' "$1" >&3; }  # BYTES, as \xNN

bytes() { timeout 5 dd bs=1 count="$1" <&3 2>/dev/null | od -An -tx1 | tr -d ' \n'; }  # COUNT

# The next packet in hexadecimal; empty if the connection is closed.
mqtt_receive() {
  local head
  head=$(bytes 2)
  [[ -n $head ]] || return 0
  printf '%s%s\n' "$head" "$(bytes $((16#${head:2})))"
}
