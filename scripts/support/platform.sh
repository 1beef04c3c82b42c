# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The parts of scripts/test that need a Docker engine. scripts/test sources this file, which uses its
# $root, $results and $python, and the functions of parts.sh. The images are based on Debian forky. For
# each other release, a broker image is built, and the demo runs on a machine with nothing installed.

bare_releases=(bookworm trixie)

is_engine_there() { docker info >/dev/null 2>&1; }

skip_without_engine() { skip "$1" 'there is no Docker engine'; }  # PART

# The container's own volume is a real file system, which the journal needs.
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

# Compiles and runs tests with forky's GCC, Mosquitto and libmongoc: the unit tests of the modules that use
# Debian's libraries, and the integration tests whose result can depend on a sanitizer or a version. The
# embedded database comes from the host, because it is one static program.
run_suite_on_forky() {
  local folder="$results/forky" status=0
  mkdir -p "$folder"
  docker run --rm --init --volume "$folder:/results" --volume /mosquitto-mongo-store/build/release/integration \
    --volume "$(dirname "$embedded_mongodb"):/mosquitto-mongo-store/build/embedded_mongodb:ro" \
    --tmpfs /tmp --env PYTHONDONTWRITEBYTECODE=1 mosquitto-mongo-store/test bash -c '
      cmake --preset release -DBUILD_TESTING=ON \
        -DMONGO_STORE_UNIT_TESTS="config;message;mongo;broker;cli;device-sim" >/results/configure.log &&
      cmake --build --preset release >/results/build.log || { tail -n 30 /results/*.log; exit 1; }
      status=0
      ctest --preset release -j "$(nproc)" --output-junit /results/unit.xml || status=1
      python3 -m pytest tests/integration -n 4 -m "(light or version or smoke) and not engine" \
        --junitxml /results/integration.xml || status=1
      exit "$status"' || status=$?
  local part
  for part in unit integration; do
    [[ ! -s $folder/$part.xml ]] || mv "$folder/$part.xml" "$results/$part-forky.xml"
    require_results "$part-forky" 0  # which of the two failed is in its results
  done
  return "$status"
}

run_platform_tests() {
  (cd "$root" && MONGO_STORE_BUILD_DIR=build/release "$python" -m pytest tests/platform \
    --junitxml "$results/platform.xml")
}

run_bare_release() {  # RELEASE
  expect
  check "demo-$1" run_bare_demo "$1" || true
  check "broker-$1" build_broker_on "$1" || true
}

# Runs the releases at the same time: one installs packages while another compiles.
run_on_bare_releases() {
  is_engine_there || { skip_without_engine bare; return 0; }
  begin_part bare
  local release running=()
  for release in "${bare_releases[@]}"; do
    start_group "$results/$release.part" run_bare_release "$release"
    running+=("$group")
  done
  wait "${running[@]}"
  for release in "${bare_releases[@]}"; do cat "$results/$release.part"; done
  end_group bare
}

# Tests that need the engine skip themselves if there is none.
run_platform() {
  expect
  check build-kubernetes_check build_kubernetes_check || true
  if ! is_engine_there; then
    tests platform run_platform_tests
    skip_without_engine forky
    return
  fi
  check build-images "$root/docker/build-images" --local-base || return 0
  tests platform run_platform_tests
  if check build-test-image "$root/docker/build-images" --local-base test; then
    begin_part forky
    local status=0
    run_suite_on_forky >"$results/forky.log" 2>&1 || status=$?
    [[ $status == 0 ]] || echo forky >>"$results/failed"
    end_part forky "$status"
  fi
}

# The parts in containers run beside the others, which often wait. Their lines are printed in one block.
begin_platform() {
  echo '== containers: images, the platform of containers, Debian forky; running beside the parts below'
  start_group "$results/platform.part" run_platform
  platform_process=$group
}

await_platform() {
  begin_part containers
  wait "$platform_process" || write_result containers failures
  cat "$results/platform.part"
  end_group containers
}
