# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The compose files as shipped, read by the program that runs them."""

import ipaddress
import shutil
import stat
import subprocess

import pytest
import yaml

from support.engine import docker, image
from support.platform import DOCKER_FOLDER, LOCAL, SHIPPED, run_compose

pytestmark = pytest.mark.usefixtures("compose")

OPTION_PREFIX = "MONGO_STORE_"
SECRETS = ("database_admin_password", "database_key", "mongogw_password")
KEY_CHARACTERS_MAX = 1024  # of MongoDB's key file


def read_config(*files, profiles=(), **environment):
    flags = [f"--profile={profile}" for profile in profiles]
    return yaml.safe_load(run_compose(files, *flags, "config", environment=environment))


def host_address(port):
    """Accepts both forms in which the two programs print a published port. None means every address."""
    if isinstance(port, dict):
        return port.get("host_ip")
    return port.split(":")[0] if port.count(":") == 2 else None


@pytest.mark.parametrize("files", [(SHIPPED,), (SHIPPED, LOCAL)], ids=["shipped", "local"])
@pytest.mark.parametrize("profiles", [(), ("five", "replica-set")], ids=["usual", "all_profiles"])
def test_nothing_is_published_but_the_virtual_ip_on_loopback(files, profiles):
    services = read_config(*files, profiles=profiles)["services"]
    published = {name: each["ports"] for name, each in services.items() if each.get("ports")}
    assert list(published) == ["vip"]
    assert len(published["vip"]) == 1
    assert ipaddress.ip_address(host_address(published["vip"][0])).is_loopback
    assert not any(each.get("network_mode") == "host" for each in services.values())


def test_the_set_has_three_members_or_five_each_with_data_of_its_own():
    services = read_config(SHIPPED, profiles=["five"])["services"]
    members = {name for name in services if name.startswith("database-") and name[-1].isdigit()}
    assert members == {f"database-{number}" for number in range(1, 6)}
    more = {name for name in members if services[name].get("profiles")}
    assert more == {"database-4", "database-5"}
    volumes = [yaml.safe_dump(services[name]["volumes"]) for name in members]
    assert len(set(volumes)) == len(members)


@pytest.mark.parametrize("profile", [None, "five"])
def test_a_machine_without_a_registry_pulls_nothing(profile):
    services = read_config(SHIPPED, LOCAL, profiles=[profile] if profile else ())["services"]
    images = {
        each["image"]
        for each in services.values()
        if not each.get("profiles") or profile in each["profiles"]
    }
    names = ("broker", "database", "device-sim", "vip")
    assert images == {f"mosquitto-mongo-store/{name}:latest" for name in names}


def test_registry_and_tag_are_parameters():
    services = read_config(SHIPPED, REGISTRY="a.example/iot/", TAG="1.2")["services"]
    assert services["broker"]["image"] == "a.example/iot/mosquitto-mongo-store/broker:1.2"
    assert services["device"]["image"] == "a.example/iot/mosquitto-mongo-store/device-sim:1.2"


def test_secrets_are_files_and_no_name_looks_like_an_option():
    config = read_config(SHIPPED, LOCAL, profiles=["replica-set"])
    assert set(config["secrets"]) == set(SECRETS)
    for name, service in config["services"].items():
        # Orchestrators create variables from service names: BROKER_PORT, VIP_SERVICE_HOST, ...
        assert not name.upper().replace("-", "_").startswith(OPTION_PREFIX)
        for variable, value in service.get("environment", {}).items():
            is_secret = "PASSWORD" in variable or "KEY" in variable
            assert not is_secret or value.startswith("/run/secrets/"), variable


def make_secrets(folder):
    subprocess.run([DOCKER_FOLDER / "make-secrets", folder], check=True, capture_output=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_secrets_are_fresh_and_readable_by_one_group_and_stay(tmp_path):
    first = make_secrets(tmp_path / "one")
    assert set(first) == set(SECRETS)
    assert make_secrets(tmp_path / "one") == first
    other = make_secrets(tmp_path / "two")
    for name, text in first.items():
        assert 20 < len(text) <= KEY_CHARACTERS_MAX and text != other[name]
        assert stat.S_IMODE((tmp_path / "one" / name).stat().st_mode) == 0o640


def test_what_the_environment_file_lacks_is_added(tmp_path):
    tree = shutil.copytree(DOCKER_FOLDER, tmp_path / "docker", ignore=shutil.ignore_patterns(".env", "secrets"))
    for path in ("vip/haproxy.cfg", "replica-set/make-set.js"):
        (tree / path).chmod(0o600)  # cloned under umask 077
    environment = tree / ".env"
    environment.write_text("REGISTRY=a.example/\nCOMPOSE_PROJECT_NAME=mine")
    for _ in range(2):
        subprocess.run([tree / "make-secrets"], check=True, capture_output=True)
        lines = environment.read_text().splitlines()
        group = (tree / "secrets/mongogw_password").stat().st_gid
        assert lines == ["REGISTRY=a.example/", "COMPOSE_PROJECT_NAME=mine", f"SECRETS_GROUP={group}"]
    for path in ("vip/haproxy.cfg", "replica-set/make-set.js"):
        assert (tree / path).stat().st_mode & stat.S_IROTH


# Paths in the tree to which the documented commands write secrets.
SECRET_PATHS = [
    "docker/secrets",
    "docker/.env",
    "docker/marathon/credentials",
    "certs",
    "mongo-password",
    "mongogw-password",
]


def test_secrets_never_go_into_git():
    files = [path if path.endswith((".env", "-password")) else f"{path}/file" for path in SECRET_PATHS]
    ignored = subprocess.run(
        ["git", "check-ignore", *files],
        cwd=DOCKER_FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ignored.stdout.split() == files


def test_secrets_never_go_into_an_image():
    not_sent = (DOCKER_FOLDER.parent / ".dockerignore").read_text().splitlines()
    assert set(SECRET_PATHS) <= set(not_sent)


@pytest.mark.usefixtures("images")
def test_haproxy_takes_the_configuration():
    mount = f"{DOCKER_FOLDER}/vip/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"
    check = ["haproxy", "-c", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
    assert "warning" not in docker("run", "--rm", f"--volume={mount}", image("vip"), *check).lower()
