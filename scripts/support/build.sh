# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash
# Functions that build; sourced by the scripts.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
embedded_mongodb="$root/build/embedded_mongodb/embedded-mongodb"
kubernetes_check="$root/build/kubernetes_check/kubernetes-check"

configure_preset() {  # PRESET [cmake argument...]
  local preset=$1
  shift
  (cd "$root" && cmake --preset "$preset" "$@" >"$root/build/$preset.configure.log" 2>&1) ||
    { tail -n 30 "$root/build/$preset.configure.log" >&2; return 1; }
}

# The presets name clang 14, which Debian 13 doesn't have.
has_clang_14() { command -v clang++-14 >/dev/null; }

configure_clang() {  # PRESET
  local compilers=()
  has_clang_14 || compilers=(-DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19)
  configure_preset "$1" "${compilers[@]}"
}

build_preset() {  # PRESET [cmake --build argument...]
  local preset=$1
  shift
  (cd "$root" && cmake --build --preset "$preset" "$@")
}

# The Go command's caches are in the build tree until the program is built, so nothing is written
# outside the build tree. Debian's Go fetches the newer toolchain that go.mod requires only with
# GOTOOLCHAIN=auto. Each program has its own cache, so that two builds don't remove each other's.
build_go_program() {  # NAME PROGRAM: builds tests/support/NAME unless PROGRAM is newer than it
  local source="$root/tests/support/$1" program=$2 log="$root/build/$1.log" go="$root/build/go/$1"
  if [[ -x $program && -z $(find "$source" -newer "$program") ]]; then
    return 0
  fi
  echo "building tests/support/$1"
  mkdir -p "$root/build"
  (
    cd "$source" || exit 1
    GOENV=$(go env GOENV)  # the user's file, despite the new XDG_CONFIG_HOME
    export GOENV GOTOOLCHAIN=auto CGO_ENABLED=0 XDG_CONFIG_HOME="$go/config"
    export GOPATH="$go" GOMODCACHE="$go/modules" GOCACHE="$go/cache"
    go build -buildvcs=false -modcacherw -trimpath -ldflags='-s -w' -o "$program" .
  ) >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
  rm -rf "$go"
}

build_embedded_mongodb() { build_go_program embedded_mongodb "$embedded_mongodb"; }
build_kubernetes_check() { build_go_program kubernetes_check "$kubernetes_check"; }
