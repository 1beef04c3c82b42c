# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The parts of scripts/test that need a Docker engine; sourced by it. They take check(),
# require_results() and $root, $results, $python from there. Images are on Debian forky, and each
# other release gets a broker of its own and a demo on a machine with nothing installed.

bare_releases=(bookworm trixie)

is_engine_there() { docker info >/dev/null 2>&1; }

# A volume of the container's own is a real file system, as the journal wants it.
run_bare_demo() {  # RELEASE
  "$root/docker/base-image/make" "$1" &&
    (cd "$root" && source_files . | tar --null -T - -c) |
      docker run --rm --interactive --volume /project "debian:$1-slim" \
        bash -c 'tar -x -C /project && cd /project && scripts/demo'
}

build_broker_on() {  # RELEASE
  TAG=$1 "$root/docker/build-images" --local-base --base "debian:$1-slim" broker &&
    docker run --rm --entrypoint mongo-store "mosquitto-mongo-store/broker:$1" --version
}

# Compiled by forky's GCC against its Mosquitto and libmongoc, run there. The embedded database is
# one static program.
run_suite_on_forky() {
  local status=0 folder="$results/forky"
  mkdir -p "$folder"
  docker run --rm --init --volume "$folder:/results" --volume /mosquitto-mongo-store/build/release/integration \
    --volume "$(dirname "$embedded_mongodb"):/mosquitto-mongo-store/build/embedded_mongodb:ro" \
    --tmpfs /tmp --env PYTHONDONTWRITEBYTECODE=1 mosquitto-mongo-store/test bash -c '
      cmake --preset release -DBUILD_TESTING=ON >/results/configure.log &&
      cmake --build --preset release >/results/build.log || { tail -n 30 /results/*.log; exit 1; }
      status=0
      ctest --preset release -j "$(nproc)" --output-junit /results/unit.xml || status=1
      python3 -m pytest tests/integration -n 4 -m "not engine" --junitxml /results/integration.xml || status=1
      exit "$status"' || status=$?
  local part
  for part in unit integration; do
    [[ ! -s $folder/$part.xml ]] || mv "$folder/$part.xml" "$results/$part-forky.xml"
    require_results "$part-forky" 0  # which of the two failed stands in its results
  done
  [[ $status == 0 ]] || echo forky >>"$results/failed"
}

# Side by side: one installs packages while another compiles.
run_on_bare_releases() {
  is_engine_there || return 0
  local release running=()
  for release in "${bare_releases[@]}"; do
    {
      check "demo-$release" run_bare_demo "$release" || true
      check "broker-$release" build_broker_on "$release" || true
    } >"$results/$release.log" 2>&1 &
    running+=("$!")
  done
  wait "${running[@]}"
  for release in "${bare_releases[@]}"; do cat "$results/$release.log"; done
}

run_platform_tests() {
  headline 'tests of the images and of the platform'
  local status=0
  (cd "$root" && MONGO_STORE_BUILD_DIR=build/release "$python" -m pytest tests/platform \
    --junitxml "$results/platform.xml") || status=$?
  require_results platform "$status"
}

# Tests that need the engine skip themselves where there is none.
run_platform() {
  check build-kubernetes_check build_kubernetes_check || true
  if ! is_engine_there; then run_platform_tests; return; fi
  check build-images "$root/docker/build-images" --local-base || return 0
  run_platform_tests
  if check build-test-image "$root/docker/build-images" --local-base test; then
    headline 'unit and integration tests, forky'
    run_suite_on_forky
  fi
}
