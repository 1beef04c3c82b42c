# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash
# Programs that a script starts, waits for and ends; sourced by the scripts.

children=()
start_seconds_max=20
stop_seconds_max=20

# Sets $child. The program runs in its own session, so that Ctrl-C reaches only the script, which then
# ends its programs in order.
start_child() {  # COMMAND...
  setsid "$@" </dev/null &
  child=$!
  children+=("$child")
}

is_running() { kill -0 "$1" 2>/dev/null; }  # PID

# Fails unless the program ends with status 0.
stop_child() {  # PID
  kill -TERM "$1" 2>/dev/null || true
  local deadline=$((SECONDS + stop_seconds_max))
  while is_running "$1" && [[ $SECONDS -lt $deadline ]]; do sleep 0.1; done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null
}

stop_children() {  # in reverse order of their start
  local i
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do stop_child "${children[i]}" || true; done
  children=()
}

is_port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }  # PORT

# Prints a free port below the range that the kernel uses for outgoing connections.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    is_port_open "$port" || break
  done
  echo "$port"
}

await() {  # PID COMMAND...: until COMMAND succeeds; fails if the program ends or time runs out
  local pid=$1 deadline=$((SECONDS + start_seconds_max))
  shift
  until "$@"; do
    is_running "$pid" && [[ $SECONDS -lt $deadline ]] || return 1
    sleep 0.1
  done
}

wait_for_port() { await "$2" is_port_open "$1"; }  # PORT PID

wait_for_line() { await "$2" test -s "$1"; }  # FILE PID
