# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The broker's image by itself: its requirements, its output and its privileges."""

import subprocess
import time

import pytest

from support.build_tree import SOURCE
from support.engine import docker, image
from support.mqtt import publish, reading
from support.waiting import eventually

LOCKED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
SMALL = ("--cpus=0.1", "--memory=64m", "--memory-swap=64m")
SIZE_OVER_MOSQUITTO_MAX = 40_000_000
START_S = 15  # measured: 0.2 s
STOP_S = 9  # shutdown_drain_ms, two seconds, and the engine's own time
STORED_S = 60


def stored(database, count):
    eventually(lambda: len(database.values()) == count, STORED_S, 0.2)


def test_nothing_given_it_journals_and_stores_once_the_database_is_there(sandbox):
    volume = sandbox.volume()
    mount = f"--volume={volume}:/var/lib/mosquitto/mongo-store"
    broker = sandbox.broker(mount).await_healthy()
    assert "to 127.0.0.1:27017" in broker.log
    publish(broker, "device/d", reading("d", 1))
    broker.await_log("MongoDB doesn't accept documents")
    assert broker.health == "healthy"  # or an orchestrator would kill the broker that holds the messages
    broker.kill()
    database = sandbox.database().start()
    sandbox.broker(mount, **database.options).await_log("1 records of earlier runs pending")
    stored(database, 1)


def test_a_uri_is_enough_on_a_read_only_root_without_any_privilege(sandbox):
    database = sandbox.database()
    uri = database.uri.replace("//", f"//mongogw:{database.password}@") + "mongogw"
    broker = sandbox.broker(*LOCKED, mongo_uri=uri).await_healthy()
    publish(broker, "device/d", reading("d", 1))
    database.start()
    publish(broker, "device/d", reading("d", 2))
    stored(database, 2)
    assert database.password not in broker.log
    assert broker.stop() == 0
    assert "pending 0" in broker.log.splitlines()[-1]


def test_it_runs_as_user_1883_and_needs_no_program_that_changes_users(sandbox):
    broker = sandbox.broker(*LOCKED).await_healthy()
    status = broker.execute("cat", "/proc/1/status")
    assert "Uid:\t1883\t1883\t1883\t1883" in status
    assert "CapEff:\t0000000000000000" in status
    assert docker("inspect", "--format={{.Config.User}}", image("broker")).strip() == "1883:1883"


def test_it_starts_in_a_tenth_of_a_core_and_64_megabytes(sandbox):
    started = time.monotonic()
    broker = sandbox.broker(*SMALL)
    broker.await_log(" running", deadline_s=START_S)
    assert time.monotonic() - started < START_S
    broker.await_healthy()


def test_it_stops_within_the_drain_time_while_the_database_is_away(sandbox):
    broker = sandbox.broker().await_healthy()
    publish(broker, "device/d", reading("d", 1))
    broker.await_log("MongoDB doesn't accept documents")
    begin = time.monotonic()
    assert broker.stop() == 0
    assert time.monotonic() - begin < STOP_S
    assert "pending 1" in broker.log


def test_a_mistyped_value_ends_it_with_one_line_that_says_so(sandbox):
    broker = sandbox.broker(delivery_threads="0")
    assert broker.await_end() != 0
    [line] = [line for line in broker.log.splitlines() if "DELIVERY_THREADS" in line]
    assert '"0" is out of range; accepted: a whole number from 1 to 16 threads' in line


def test_a_mounted_configuration_takes_the_place_of_its_own(sandbox):
    path = sandbox.folder / "mosquitto.conf"
    path.write_text(
        "listener 1884\nallow_anonymous true\nlog_dest stdout\n"
        "plugin mosquitto_mongo_store.so\nplugin_opt_mongo_uri nowhere.invalid:1\n"
    )
    path.chmod(0o644)
    port = "--env=BROKER_HEALTH_OPTIONS=-p 1884"
    mount = f"--volume={path}:/etc/mosquitto/mosquitto.conf:ro"
    broker = sandbox.broker(mount, port, *LOCKED).await_healthy()
    assert "to nowhere.invalid:1" in broker.log
    # Nothing is listening on 1883, so the check gets no answer there.
    silent = broker.execute("env", "-u", "BROKER_HEALTH_OPTIONS", "broker-health", accepted=(1,))
    assert "no answer to MQTT" in silent


def test_a_login_that_is_refused_is_an_answer(sandbox):
    path = sandbox.folder / "mosquitto.conf"
    path.write_text("listener 1883\nallow_anonymous false\nlog_dest stdout\n")
    path.chmod(0o644)
    broker = sandbox.broker(f"--volume={path}:/etc/mosquitto/mosquitto.conf:ro").await_healthy()
    broker.execute("broker-health")


def test_a_broker_that_hangs_is_unhealthy(sandbox):
    broker = sandbox.broker("--health-retries=1").await_healthy()
    path = f"/proc/{broker.inspect('.State.Pid')}/status"
    docker("kill", "--signal=STOP", broker.name)
    eventually(lambda: "T (stopped)" in open(path, encoding="utf-8").read())
    eventually(lambda: broker.health == "unhealthy", 60, 0.2)
    docker("kill", "--signal=CONT", broker.name)
    broker.await_healthy()


@pytest.mark.timeout(600)
def test_it_adds_less_than_40_megabytes_to_a_plain_mosquitto(images):
    name = f"{image('broker').rpartition(':')[0]}-plain-test"
    # Without systemd, like our image.
    recipe = (
        "FROM debian:forky-slim\n"
        "RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy"
        " --no-install-recommends install systemd-standalone-sysusers mosquitto &&"
        " rm -rf /var/lib/apt/lists/*\n"
    )
    command = ["docker", "build", "--quiet", "--tag", name, "-"]
    subprocess.run(command, input=recipe, text=True, check=True, capture_output=True, timeout=500)
    size = lambda of: int(docker("image", "inspect", "--format={{.Size}}", of))
    added = size(image("broker")) - size(name)
    docker("rmi", name)
    assert added < SIZE_OVER_MOSQUITTO_MAX


def test_the_programs_are_compiled_once_for_both_images():
    """The engine gets the second build from its cache only if the first stages are the same."""

    def first_stages(of):
        text = (SOURCE / f"docker/{of}/Dockerfile").read_text(encoding="utf-8")
        begin, end = text.index("FROM scratch AS sources\n"), text.index(f"FROM $BASE AS {of}\n")
        return text[begin:end]

    assert first_stages("broker") == first_stages("device-sim")
