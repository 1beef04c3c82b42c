# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash
# Shows the progress of a long command; sourced by the scripts.

progress_line_seconds=20

# The last step that ninja printed, such as " [12/37]".
last_step() {  # LOG
  tail -c 4096 "$1" 2>/dev/null | grep -ao '^\[[0-9]*/[0-9]*\]' | tail -n 1 | sed 's/^/ /'
}

# Runs until it is killed or the script has ended.
show_progress() {  # WHAT LOG
  local start=$SECONDS told=0 seconds
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    seconds=$((SECONDS - start))
    if [[ -t 1 ]]; then
      printf '\r%s: %d s%s\033[K' "$1" "$seconds" "$(last_step "$2")"
    elif [[ $((seconds - told)) -ge $progress_line_seconds ]]; then
      told=$seconds
      echo "$1: $seconds s$(last_step "$2")"
    fi
  done
}

# Shows one line that changes on a terminal, or otherwise a line every 20 seconds. If the command fails,
# the end of its output follows.
with_progress() {  # WHAT LOG COMMAND...
  local what=$1 log=$2 start=$SECONDS status=0 watcher
  shift 2
  show_progress "$what" "$log" &
  watcher=$!
  "$@" >"$log" 2>&1 || status=$?
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  [[ ! -t 1 ]] || printf '\r\033[K'
  if [[ $status != 0 ]]; then
    tail -n 30 "$log" >&2
  elif [[ $((SECONDS - start)) -ge 2 ]]; then
    echo "$what: done in $((SECONDS - start)) s"
  fi
  return "$status"
}
