# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The parts of a run of scripts/test, which sources this file. Uses its $root and $results. A part
# prints a line when it begins and one when it ends. Its output goes to a file, and is shown if the
# part fails. The time that each part took is kept for the next run's estimate.

times="$root/build/test-times"
expected=()
groups=()

# Seconds that a part takes on two cores, once it is built, if it never ran here.
usual_seconds() {  # PART
  case $1 in
    # Only the first build of a preset compiles everything. The demo builds the programs only.
    build-release | build-dev | build-tsan)
      if compgen -G "$root/build/${1#build-}/tests/unit/unit_*" >/dev/null; then echo 20; else echo 200; fi
      ;;
    build-clang) if [[ -e $root/build/clang/.ninja_log ]]; then echo 20; else echo 150; fi ;;
    build-*) echo 60 ;;
    unit-quick) echo 60 ;;
    unit-*) echo 100 ;;
    integration-smoke) echo 60 ;;
    integration-release) echo 350 ;;
    integration-*) echo 150 ;;
    campaign) echo 230 ;;
    bare) echo 400 ;;
    *) echo 10 ;;
  esac
}

seconds_of() {  # PART
  local kept=
  [[ ! -s $times ]] || kept=$(awk -v part="$1" '$1 == part && $2 ~ /^[0-9]+$/ { print $2; exit }' "$times")
  echo "${kept:-$(usual_seconds "$1")}"
}

keep_seconds() {  # PART SECONDS
  [[ $1 != build-* ]] || return 0
  local others=
  [[ ! -s $times ]] || others=$(awk -v part="$1" '$1 != part' "$times")
  # The file isn't changed in place, because parts in containers can end at the same time as others.
  printf '%s\n' ${others:+"$others"} "$1 $2" >"$times.$BASHPID"
  mv "$times.$BASHPID" "$times"
}

expect() { expected=("$@"); }  # PART...: what this run consists of, for the time left

time_left() {
  local part sum=0
  for part in "${expected[@]}"; do sum=$((sum + $(seconds_of "$part"))); done
  if [[ $sum -lt 90 ]]; then echo "$sum s"; else echo "$(((sum + 30) / 60)) min"; fi
}

begin_part() {  # PART
  part_began=$SECONDS
  if [[ ${#expected[@]} == 0 ]]; then printf '== %s\n' "$1"; return; fi
  printf '== %s: about %s s; about %s left\n' "$1" "$(seconds_of "$1")" "$(time_left)"
}

forget() {  # PART: it isn't expected any more
  local part rest=()
  for part in "${expected[@]}"; do [[ $part == "$1" ]] || rest+=("$part"); done
  expected=("${rest[@]}")
}

end_part() {  # PART STATUS
  local took=$((SECONDS - part_began))
  forget "$1"
  if [[ $2 == 0 ]]; then
    keep_seconds "$1" "$took"
    printf '   %s passed in %s s\n' "$1" "$took"
    return
  fi
  cat "$results/$1.log"
  printf '   FAILED after %s s: %s; all of its output is above and in build/test-results/%s.log\n' \
    "$took" "$1" "$1"
}

# Sets $group, a process group. A run that is ended early ends the whole group, and interrupted tests
# still remove their containers.
start_group() {  # LOG COMMAND...
  local log=$1
  shift
  set -m
  (trap 'exit 130' INT; "$@") </dev/null >"$log" 2>&1 &
  set +m
  group=$!
  groups+=("$group")
  trap end_groups EXIT
}

end_groups() {
  local group
  for group in "${groups[@]}"; do kill -INT -- "-$group" 2>/dev/null || true; done
  wait
}

# Ends parts that ran at the same time. Each has its own result.
end_group() {  # NAME
  local took=$((SECONDS - part_began))
  forget "$1"
  keep_seconds "$1" "$took"
  printf '   %s ended after %s s\n' "$1" "$took"
}

# The result of a part that isn't a test program counts as one test.
write_result() {  # PART failures|skipped|'' [0|1]
  printf '<testsuites><testsuite name="%s" tests="1" %s/></testsuites>\n' "$1" "${2:+$2=\"1\"}" \
    >"$results/$1.xml"
}

check() {  # PART COMMAND...: counted as one test
  local part=$1 status=0
  shift
  begin_part "$part"
  "$@" >"$results/$part.log" 2>&1 || status=$?
  write_result "$part" "$([[ $status == 0 ]] || echo failures)"
  end_part "$part" "$status"
  return "$status"
}

skip() {  # PART REASON
  forget "$1"
  echo "== $1: skipped, $2"
  write_result "$1" skipped
}

# A test program that fails counts as failed even if it wrote no results, or only good ones.
tests() {  # PART COMMAND...: writes $results/PART.xml
  local part=$1 status=0
  shift
  begin_part "$part"
  "$@" >"$results/$part.log" 2>&1 || status=$?
  require_results "$part" "$status"
  end_part "$part" "$status"
}

require_results() {  # PART STATUS
  [[ -s $results/$1.xml ]] || write_result "$1" failures
  [[ $2 != 0 ]] || return 0
  echo "$1" >>"$results/failed"
  grep -qE '(failures|errors)="[1-9]' "$results/$1.xml" || write_result "$1-end" failures
}
