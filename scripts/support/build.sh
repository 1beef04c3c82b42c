# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash
# What the scripts build with; sourced by them.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
embedded_mongodb="$root/build/embedded_mongodb/embedded-mongodb"

configure_preset() {  # PRESET [cmake argument...]
  local preset=$1
  shift
  (cd "$root" && cmake --preset "$preset" "$@" >"$root/build/$preset.configure.log" 2>&1) ||
    { tail -n 30 "$root/build/$preset.configure.log" >&2; return 1; }
}

build_preset() {  # PRESET [cmake --build argument...]
  local preset=$1
  shift
  (cd "$root" && cmake --build --preset "$preset" "$@")
}

# What the Go command keeps is in the build tree, too, until the program is built: nothing outside
# of it is written. Debian's Go fetches the newer toolchain that go.mod asks for only if it is told
# that it may.
build_embedded_mongodb() {
  local source="$root/tests/support/embedded_mongodb" log="$root/build/embedded_mongodb.log"
  if [[ -x $embedded_mongodb && -z $(find "$source" -newer "$embedded_mongodb") ]]; then
    return 0
  fi
  echo "building the embedded database"
  (
    cd "$source" || exit 1
    GOENV=$(go env GOENV)  # stays the user's
    export GOENV GOTOOLCHAIN=auto CGO_ENABLED=0 XDG_CONFIG_HOME="$root/build/go/config"
    export GOPATH="$root/build/go" GOMODCACHE="$root/build/go/modules" GOCACHE="$root/build/go/cache"
    go build -buildvcs=false -modcacherw -trimpath -ldflags='-s -w' -o "$embedded_mongodb" .
  ) >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
  rm -rf "$root/build/go"
}
