# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""docker/marathon: its files obey the rules, files that don't are refused, and make-credentials
writes files that obey them."""

import json
import pathlib
import shutil
import stat
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from marathon_check.platform_rules import SCHEMAS, check_folder  # noqa: E402

TEMPLATES = ROOT / "docker" / "marathon"
GONE = object()
URI = json.loads((TEMPLATES / "mqtt.json").read_text())["env"]["MONGO_STORE_MONGO_URI"]


def make_credentials(*arguments, command=TEMPLATES / "make-credentials"):
    return subprocess.run([command, *arguments], check=False, text=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("credentials") / "made"
    result = make_credentials(folder)
    assert result.returncode == 0, result.stderr
    return folder


def read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def change(folder, name, path, value):
    content = read(folder, name)
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place = content
    for step in parents:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_templates_obey_the_rules_but_for_what_is_filled_in():
    assert check_folder(TEMPLATES, are_templates=True) == []


def test_unfilled_templates_are_refused():
    problems = check_folder(TEMPLATES)
    assert len([line for line in problems if "Password: breaks minLength" in line]) == 4
    assert any("key: breaks minLength" in line for line in problems)
    assert any("mongouser.json: pwd: breaks minLength" in line for line in problems)


def test_what_make_credentials_writes_obeys_the_rules(made):
    assert check_folder(made) == []
    assert len(read(made, "percona.json")["mongodb-credentials"]["key"]) == 1023


def test_a_folder_can_be_checked_from_the_command_line(made):
    result = subprocess.run([sys.executable, "-m", "marathon_check", made], text=True, check=False,
                            cwd=ROOT / "tests" / "support", capture_output=True)
    assert (result.returncode, result.stdout) == (0, "0 problems\n")


MUTATIONS = [
    # Marathon's form
    ("mqtt.json", "id", "/MQTT", "id: breaks pattern"),
    ("mqtt.json", "id", "/mqtt_broker", "id: breaks pattern"),
    ("mqtt.json", "instances", "1", "instances: breaks type"),
    ("mqtt.json", "color", "blue", "breaks additionalProperties"),
    ("mqtt.json", "networks/0/name", GONE, "networks.0: breaks required"),
    ("mqtt.json", "container/docker/network", "BRIDGE", "breaks additionalProperties"),
    ("mqtt.json", "container/docker/portMappings", [], "breaks additionalProperties"),
    ("mqtt.json", "container/type", "DOCKER", "container.type: breaks const"),
    ("mqtt.json", "container/portMappings/0/containerPort", 70000, "breaks maximum"),
    ("mqtt.json", "container/portMappings/0/labels/VIP_0", "mqtt", "breaks pattern"),
    ("mqtt.json", "container/volumes/0/containerPath", "var/journal", "breaks oneOf"),
    ("mqtt.json", "container/volumes/0/containerPath", "/journal", "breaks oneOf"),
    ("mqtt.json", "container/volumes/0/mode", "RO", "breaks oneOf"),
    ("mqtt.json", "env/MONGO_STORE_SHUTDOWN_DRAIN_MS", 5000, "breaks oneOf"),
    ("mqtt.json", "healthChecks/0/protocol", "MQTT", "breaks enum"),
    ("mqtt.json", "unreachableStrategy", "enabled", "breaks const"),
    ("mqtt.json", "constraints", [["hostname", "ONE"]], "breaks contains"),
    ("device.json", "args", ["-r", "2"], "breaks not"),
    # Marathon's rules between fields
    ("mqtt.json", "networks", GONE, "without a network in container mode"),
    ("mqtt.json", "networks", [{"mode": "host"}], "without a network in container mode"),
    ("mqtt.json", "secrets", {}, "is used and not declared"),
    ("mqtt.json", "secrets/other", {"source": "mqtt/x"}, "is declared and not used"),
    ("mqtt.json", "secrets/mongo-password/source", "other/mongo-password", "may not read from"),
    ("mqtt.json", "upgradeStrategy", GONE, "minimumHealthCapacity must be below 1"),
    ("mqtt.json", "upgradeStrategy/minimumHealthCapacity", 1, "must be below 1"),
    ("mqtt.json", "upgradeStrategy/maximumOverCapacity", 0.5, "maximumOverCapacity must be 0"),
    ("mqtt.json", "constraints", GONE, "needs the constraint"),
    ("mqtt.json", "constraints", [["rack", "UNIQUE"]], "needs the constraint"),
    ("mqtt.json", "healthChecks/0", {"protocol": "MESOS_TCP", "portIndex": 1}, "there is no port 1"),
    ("mqtt.json", "healthChecks/0/timeoutSeconds", 11, "over intervalSeconds"),
    ("mqtt.json", "healthChecks/0/protocol", "MESOS_TCP", "COMMAND requires a command"),
    ("mqtt.json", "healthChecks/0/command", GONE, "COMMAND requires a command"),
    ("mqtt.json", "healthChecks", GONE, "no health check"),
    ("mqtt.json", "container/portMappings/0/labels/VIP_0", "/mqtt:99999", "has no port"),
    # the broker's needs
    ("mqtt.json", "env/MONGO_STORE_MONGO_HOST", "x", "MONGO_STORE_MONGO_HOST is not an option"),
    ("mqtt.json", "env/MONGO_STORE_MONGO_PASSWORD", "secret-password", "use a secret"),
    ("mqtt.json", "env/MONGO_STORE_MONGO_URI", URI.replace("//", "//a:b@"), "contains a user"),
    ("mqtt.json", "env/MONGO_STORE_JOURNAL_DIR", GONE, "MONGO_STORE_JOURNAL_DIR is /var/lib"),
    ("mqtt.json", "env/MONGO_STORE_JOURNAL_DIR", "journal", "MONGO_STORE_JOURNAL_DIR is journal"),
    ("mqtt.json", "container/volumes/0/containerPath", "data", "the persistent volumes are"),
    ("mqtt.json", "container/volumes/0/persistent/size", 1024, "too small for a journal"),
    ("mqtt.json", "env/MONGO_STORE_JOURNAL_MAX_BYTES", "2GiB", "too small for a journal"),
    ("mqtt.json", "container/volumes/1/containerPath", "password", "the secret files are"),
    ("mqtt.json", "taskKillGracePeriodSeconds", GONE, "taskKillGracePeriodSeconds 3 must be over"),
    ("mqtt.json", "taskKillGracePeriodSeconds", 7, "taskKillGracePeriodSeconds 7 must be over 7"),
    ("mqtt.json", "env/MONGO_STORE_SHUTDOWN_DRAIN_MS", "28000", "must be over 30"),
    ("mqtt.json", "mem", 129, "129 MiB"),
    ("mqtt.json", "cpus", 0.3, "0.3 CPU"),
    ("mqtt.json", "user", GONE, "must not be root"),
    # the files together
    ("mqtt.json", "container/portMappings/0/labels/VIP_0", "/broker:1883", "the VIP of mqtt.json"),
    ("device.json", "cmd", "exec device-sim -b mqtt -r 2", "its broker is mqtt, the VIP"),
    ("device.json", "cmd", "exec device-sim -r 2", "its broker is None"),
    ("device.json", "mem", 32, "0.1 CPU and 16 MiB"),
    ("mqtt.json", "env/MONGO_STORE_MONGO_URI", "mongodb://db:27017/?replicaSet=rs", "no member of"),
    ("mqtt.json", "env/MONGO_STORE_MONGO_URI", URI.replace("replicaSet=rs", "replicaSet=rs0"),
     "the replica set is rs"),
    ("mqtt.json", "env/MONGO_STORE_MONGO_URI", URI.replace("rs-2", "rs-3"), "has 3 members"),
    ("mqtt.json", "env/MONGO_STORE_DATABASE", "other", "no role readWrite on other"),
    ("percona.json", "mongodb/count", 1, "the set has 1 members"),
    ("percona.json", "mongodb/port", 27018, "no member of the service"),
    ("percona.json", "service/name", "db", "no member of the service db"),
    ("mongouser.json", "user", "other", "isn't other"),
    ("mongouser.json", "roles/0/role", "read", "no role readWrite on mongogw"),
    # the service's rules
    ("percona.json", "mongodb/count", 4, "mongodb.count: breaks enum"),
    ("percona.json", "mongodb/mem", 512, "mongodb.mem: breaks minimum"),
    ("percona.json", "mongodb/cpus", 0.05, "mongodb.cpus: breaks minimum"),
    ("percona.json", "mongodb-credentials/backupUser", GONE, "breaks required"),
    ("percona.json", "mongodb-credentials/backupPassword", "nine-char", "breaks minLength 10"),
    ("percona.json", "mongodb-credentials/key", "k" * 1022, "key: breaks minLength 1023"),
    ("percona.json", "mongodb-credentials/key", "k" * 1025, "key: breaks maxLength 1024"),
    ("percona.json", "mongodb-credentials/key", "k" * 1022 + "%", "key: breaks pattern"),
    ("mongouser.json", "pwd", "nine-char", "pwd: breaks minLength 10"),
    ("mongouser.json", "pwd", "another-password", "isn't the password of mongouser.json"),
]


@pytest.mark.parametrize(("name", "path", "value", "problem"), MUTATIONS,
                         ids=[f"{name}-{path}-{index}"
                              for index, (name, path, *_) in enumerate(MUTATIONS)])
def test_a_file_that_breaks_a_rule_is_refused(made, tmp_path, name, path, value, problem):
    folder = tmp_path / "mutated"
    shutil.copytree(made, folder)
    change(folder, name, path, value)
    problems = check_folder(folder)
    assert any(line.startswith((name, "mqtt.json", "device.json", "mongo-password"))
               and problem in line for line in problems), problems


def test_a_persistent_volume_needs_to_wait_for_its_agent(made, tmp_path):
    folder = tmp_path / "mutated"
    shutil.copytree(made, folder)
    change(folder, "mqtt.json", "residency", GONE)
    assert check_folder(folder) == []
    change(folder, "mqtt.json", "unreachableStrategy", GONE)
    assert any("residency or unreachableStrategy" in line for line in check_folder(folder))


def test_two_equal_passwords_are_refused(made, tmp_path):
    folder = tmp_path / "mutated"
    shutil.copytree(made, folder)
    credentials = read(folder, "percona.json")["mongodb-credentials"]
    change(folder, "percona.json", "mongodb-credentials/backupPassword",
           credentials["userAdminPassword"])
    assert check_folder(folder) == ["the same password is used twice"]


def secrets_of(folder):
    credentials = read(folder, "percona.json")["mongodb-credentials"]
    return [value for name, value in credentials.items()
            if name.endswith("Password") or name == "key"] + [read(folder, "mongouser.json")["pwd"]]


def test_each_run_makes_other_secrets_for_the_owner_only(made, tmp_path):
    second = tmp_path / "second"
    result = make_credentials(second)
    assert result.returncode == 0, result.stderr
    assert check_folder(second) == []
    both = secrets_of(made) + secrets_of(second)
    assert len(both) == 12 and len(set(both)) == 12
    assert all(secret not in result.stdout + result.stderr for secret in both)
    assert stat.S_IMODE(second.stat().st_mode) == 0o700
    files = sorted(second.iterdir())
    assert [file.name for file in files] == sorted([*SCHEMAS, "mongo-password"])
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize("name", ["percona.json", "mongo-password"])
def test_nothing_is_overwritten(tmp_path, name):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / name).write_text("mine")
    result = make_credentials(folder)
    assert result.returncode == 1
    assert f"already contains {name}" in result.stderr
    assert [file.name for file in folder.iterdir()] == [name]
    assert (folder / name).read_text() == "mine"


def test_it_writes_nothing_that_a_commit_could_take_up(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path / "tree"], check=True)
    (tmp_path / "tree" / ".gitignore").write_text("/ignored/\n")
    result = make_credentials(tmp_path / "tree" / "some" / "folder")
    assert result.returncode == 1
    assert "is in a git work tree that doesn't ignore it" in result.stderr
    assert not (tmp_path / "tree" / "some").exists()
    assert make_credentials(tmp_path / "tree" / "ignored").returncode == 0


def test_the_folder_beside_the_templates_is_ignored_by_git():
    ignored = subprocess.run(["git", "-C", ROOT, "check-ignore", "-q",
                              TEMPLATES / "credentials" / "percona.json"], check=False)
    assert ignored.returncode == 0


def test_registry_and_tag_go_into_the_names_of_the_images(tmp_path):
    result = make_credentials(tmp_path / "made", "--registry", "registry.example.com:5000/iot/",
                              "--tag", "1.2")
    assert result.returncode == 0, result.stderr
    images = {name: read(tmp_path / "made", name)["container"]["docker"]["image"]
              for name in ("mqtt.json", "device.json")}
    assert images == {
        "mqtt.json": "registry.example.com:5000/iot/mosquitto-mongo-store/broker:1.2",
        "device.json": "registry.example.com:5000/iot/mosquitto-mongo-store/device-sim:1.2"}


@pytest.mark.parametrize(("arguments", "message"), [
    (["--registry", "registry.example.com"], "accepted: a name that ends with a slash"),
    (["--tag", "a b"], "accepted: letters"),
])
def test_names_that_no_image_has_are_refused(tmp_path, arguments, message):
    result = make_credentials(tmp_path / "made", *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert not (tmp_path / "made").exists()
