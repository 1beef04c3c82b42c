# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""The Debian package is installed by apt on a bare machine, used, removed and purged."""

import os
import pathlib
import subprocess

import pytest

from debian_container import DebianContainer, docker, must_docker

pytestmark = pytest.mark.timeout(900)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = SOURCE / os.environ.get("MONGO_STORE_BUILD_DIR", "build/release")
DATABASE = SOURCE / "build/embedded_mongodb/embedded-mongodb"
DOCUMENTS = "/usr/share/doc/mosquitto-mongo-store"
JOURNALS = "/var/lib/mosquitto/mongo-store"
SECRETS = "/etc/mosquitto/mongo-store"
ENABLED = "/etc/mosquitto/conf.d/mongo-store.conf"
PACKAGE = "/tmp/mosquitto-mongo-store.deb"
# apt asks nothing, and prints only errors.
APT = "DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0"


def output(*command, umask=0o022):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, umask=umask
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def os_release():
    lines = pathlib.Path("/etc/os-release").read_text().splitlines()
    return dict(line.replace('"', "").split("=", 1) for line in lines if "=" in line)


def library_folder():
    return "/usr/lib/" + output("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The build tree's .deb file."""
    folder = tmp_path_factory.mktemp("package")
    targets = ["mosquitto_mongo_store", "mongo-store", "device-sim", "manual-pages"]
    output("cmake", "--build", BUILD, "--target", *targets)
    output("cpack", "--config", BUILD / "debian/CPackConfig.cmake", "-B", folder, umask=0o077)
    (package,) = folder.glob("*.deb")
    return package


def test_the_target_package_builds_only_what_the_package_has():
    inputs = output("ninja", "-C", BUILD, "-t", "inputs", "package").splitlines()
    shipped = {"device-sim/device-sim", "plugin/cli/mongo-store",
               "plugin/broker/mosquitto_mongo_store.so"}
    assert shipped <= set(inputs)
    assert not [path for path in inputs if path.startswith(("tests/", "bench/"))]


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    output("dpkg-deb", "--extract", package, folder)
    return folder


@pytest.fixture(scope="module")
def installed_image(package):
    """The image of a bare machine with this machine's release, on which apt installed the package."""
    if docker("info").returncode != 0:
        pytest.skip("needs Docker: the package is installed in a container")
    release = os_release()["VERSION_CODENAME"]
    output(SOURCE / "docker/base-image/make", release)
    machine = DebianContainer(f"debian:{release}-slim")
    try:
        # A slim image leaves documents out of packages that are installed; a Debian machine doesn't.
        machine.run("rm -f /etc/dpkg/dpkg.cfg.d/docker")
        machine.copy(package, PACKAGE)
        machine.copy(DATABASE, "/usr/local/bin/embedded-mongodb")
        machine.run(f"chmod 644 {PACKAGE}; apt-get -qq update; {APT} install {PACKAGE}")
        image = machine.save_as_image()
    finally:
        machine.remove()
    yield image
    must_docker("rmi", image)


@pytest.fixture
def machine(installed_image):
    machine = DebianContainer(installed_image)
    yield machine
    machine.remove()


def start_database(machine):
    machine.start("embedded-mongodb -listen 127.0.0.1:27017 -dir /var/lib/database", "/tmp/db.log")
    machine.await_success("mongo-store count")


def start_broker(machine, configuration="/etc/mosquitto/mosquitto.conf"):
    """Starts the broker as Debian's unit does: as root, whose rights the broker then gives up."""
    machine.run("install -d -m 740 -o mosquitto /run/mosquitto /var/log/mosquitto")
    machine.start(f"/usr/sbin/mosquitto -c {configuration}", "/tmp/broker.log")
    # 0x75b is 1883, 0A is listening.
    machine.await_success("grep -q '0100007F:075B .* 0A ' /proc/net/tcp")


def stop_broker(machine):
    machine.run("kill $(pidof mosquitto)")
    machine.await_success("! pidof mosquitto")


def switch_on(machine, *options):
    """Follows README.Debian."""
    options = options or ["plugin_opt_mongo_uri mongodb://127.0.0.1:27017"]
    for line in (f"plugin {library_folder()}/mosquitto_mongo_store.so", *options):
        machine.run(f"echo '{line}' >>{ENABLED}")


def publish(machine, devices=2, messages=5):
    machine.run(
        "device-sim -b 127.0.0.1 -q 1 -r 0 --duration 60"
        f" --devices {devices} --messages {messages}"
    )


def files_below(folder):
    return {
        f"/{path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def samples_and_companions():
    names = [path.name for path in (SOURCE / "broker-config").iterdir()]
    return [name for name in names if name != "CMakeLists.txt" and not name.endswith(".in")]


def test_files_are_where_debian_has_them(unpacked):
    pages = ["man1/device-sim.1", "man1/mongo-store.1"]
    pages += ["man7/mosquitto_mongo_store.7", "man7/mosquitto-mongo-store.7"]
    documents = ["README.Debian", "README.md", "changelog.Debian.gz", "changelog.gz", "copyright"]
    documents += [f"docs/{path.name}" for path in (SOURCE / "docs").glob("*.md")]
    documents += [f"docs/images/{path.name}" for path in (SOURCE / "docs/images").iterdir()]
    documents += samples_and_companions()
    assert {"mosquitto.conf", "docs/operations.md"} <= set(documents)
    assert files_below(unpacked) == {
        "/usr/bin/device-sim",
        "/usr/bin/mongo-store",
        f"{library_folder()}/mosquitto_mongo_store.so",
        "/usr/share/lintian/overrides/mosquitto-mongo-store",
        *(f"/usr/share/man/{page}.gz" for page in pages),
        *(f"{DOCUMENTS}/{document}" for document in documents),
    }


def test_everybody_may_read_it_whatever_the_builders_umask(package):
    listing = output("dpkg-deb", "--contents", package).splitlines()
    modes = {(line[:10], line.split()[1]) for line in listing}
    assert modes == {(mode, "root/root") for mode in ("drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--")}


def test_samples_name_the_installed_plugin(unpacked):
    samples = list((unpacked / DOCUMENTS[1:]).glob("*.conf"))
    assert samples
    for sample in samples:
        plugins = [line for line in sample.read_text().splitlines() if line.startswith("plugin ")]
        assert plugins == [f"plugin {library_folder()}/mosquitto_mongo_store.so"], sample.name


def test_it_depends_on_what_it_needs_by_version(package):
    depends = output("dpkg-deb", "--field", package, "Depends")
    assert "mosquitto (>= 2.0.11)" in depends
    for library in ("libc6", "libcjson1", "libmongoc", "libmosquitto1", "libssl3", "libstdc++6"):
        assert f"{library}" in depends, depends
    version = output("dpkg-deb", "--field", package, "Version").strip()
    assert version.startswith("0.") and f"~deb{os_release()['VERSION_ID']}" in version


def test_programs_are_hardened_and_know_nothing_of_the_build_tree(unpacked):
    programs = [unpacked / "usr/bin/device-sim", unpacked / "usr/bin/mongo-store"]
    programs += unpacked.glob("usr/lib/**/mosquitto_mongo_store.so")
    assert len(programs) == 3
    for program in programs:
        dynamic = output("readelf", "--dynamic", "--wide", program)
        assert "RPATH" not in dynamic and "RUNPATH" not in dynamic, dynamic
        assert "BIND_NOW" in dynamic and "Flags: NOW" in dynamic, dynamic
        headers = output("readelf", "--file-header", "--program-headers", "--wide", program)
        assert "GNU_RELRO" in headers and "DYN (" in headers, headers
        assert "__stack_chk_fail" in output("readelf", "--dyn-syms", "--wide", program)
        assert str(SOURCE).encode() not in program.read_bytes()


def manual_page(unpacked, name):
    """Returns the page as man shows it. Fails if man prints a warning."""
    (page,) = unpacked.glob(f"usr/share/man/man?/{name}.gz")
    done = subprocess.run(
        ["man", "--warnings", "--encoding=UTF-8", "--local-file", str(page)],
        env=os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MANROFFSEQ": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_manual_pages_of_the_programs_say_what_help_says(unpacked):
    for name, program in (
        ("device-sim", BUILD / "device-sim/device-sim"),
        ("mongo-store", BUILD / "plugin/cli/mongo-store"),
    ):
        page = manual_page(unpacked, f"{name}.1")
        help_lines = output(program, "--help").splitlines()
        flags = {line.split()[-0].rstrip(",") for line in help_lines if line.startswith("      --")}
        assert len(flags) > 8
        for flag in flags:
            assert flag.split("=")[0] in page, flag
        for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"):
            assert f"\n{heading}\n" in page, f"{name}: {heading}\n{page}"


def test_manual_page_of_the_plugin_lists_every_option(unpacked):
    page = manual_page(unpacked, "mosquitto_mongo_store.7")
    sample = (SOURCE / "broker-config/mosquitto.conf").read_text().splitlines()
    options = [line.split()[0][1:] for line in sample if line.startswith("#plugin_opt_")]
    assert len(options) > 20
    for option in options:
        name = option.removeprefix("plugin_opt_")
        assert f"   {name}\n" in page, name
        assert f"MONGO_STORE_{name.upper()}" in page


def test_manual_page_of_the_plugin_is_found_under_the_name_of_the_package(unpacked):
    pages = unpacked / "usr/share/man"
    names = ("mosquitto-mongo-store", "mosquitto_mongo_store")
    alias, page = (output("man", "--manpath", pages, "--encoding=UTF-8", name) for name in names)
    assert alias == page and "plugin_opt_mongo_uri" in page


def test_apt_brings_what_it_depends_on_and_switches_nothing_on(machine):
    status = machine.run("dpkg-query -W -f '${db:Status-Status}\\n' mosquitto mosquitto-mongo-store")
    assert status.split() == ["installed", "installed"]
    libraries = machine.run(
        f"ldd /usr/bin/device-sim /usr/bin/mongo-store {library_folder()}/mosquitto_mongo_store.so"
    )
    assert "not found" not in libraries
    assert machine.run("dpkg --verify mosquitto; ls -A /etc/mosquitto/conf.d").split() == ["README"]
    assert not machine.succeeds("pidof mosquitto")
    assert machine.run(f"stat -c '%A %U %G' {SECRETS}").split() == ["drwxr-x---", "root", "mosquitto"]
    assert not machine.has(JOURNALS)


def test_installing_leaves_a_running_broker_as_it_is(machine):
    start_broker(machine)
    state = "pidof mosquitto; find /etc/mosquitto -type f | xargs sha256sum"
    before = machine.run(state)
    machine.run(f"{APT} --reinstall install {PACKAGE}")
    publish(machine)
    assert machine.run(state) == before
    log = machine.run("cat /var/log/mosquitto/mosquitto.log")
    assert "running" in log and "terminating" not in log and "Reloading" not in log, log
    machine.run(f"echo kept >{SECRETS}/password; {APT} --reinstall install {PACKAGE}")
    assert machine.run(f"cat {SECRETS}/password") == "kept\n"


def test_the_sample_configuration_stores(machine):
    start_database(machine)
    start_broker(machine, f"{DOCUMENTS}/mosquitto.conf")
    publish(machine, devices=3, messages=7)
    machine.await_success("test $(mongo-store count) = 21")
    assert machine.run(f"stat -c '%a %U' {JOURNALS}").split() == ["700", "mosquitto"]
    stop_broker(machine)
    assert machine.run("mongo-store count").strip() == "21"


def store_ten(machine):
    start_database(machine)
    switch_on(machine)
    start_broker(machine)
    publish(machine)
    machine.await_success("test $(mongo-store count) = 10")
    stop_broker(machine)


def test_removed_it_names_what_keeps_the_broker_from_starting_and_keeps_all(machine):
    store_ten(machine)
    said = machine.run(f"{APT} remove mosquitto-mongo-store")
    assert f"{ENABLED} loads the plugin" in said
    assert machine.has(f"{JOURNALS}/0001") and machine.has(SECRETS) and machine.has(ENABLED)
    assert not machine.has("/usr/bin/mongo-store")
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert "kept" not in said and not machine.has(JOURNALS) and not machine.has(ENABLED)


def test_a_purge_leaves_no_secret_and_no_settled_journal(machine):
    start_database(machine)
    uri = "mongodb://127.0.0.1:27017/?appName=s3cret-in-a-file"
    machine.run(f"echo '{uri}' | install -m 640 -g mosquitto /dev/stdin {SECRETS}/uri")
    switch_on(
        machine,
        f"plugin_opt_mongo_uri_file {SECRETS}/uri",
        "plugin_opt_gateway_id s3cret-in-the-configuration",
    )
    start_broker(machine)
    publish(machine)
    machine.await_success("test $(mongo-store count) = 10")
    stop_broker(machine)
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert "kept" not in said
    assert machine.run("grep -rl s3cret /etc /root || true") == ""
    assert machine.run("grep -rl s3cret-in-a-file /etc /root /tmp /usr /var || true") == ""
    # dpkg's lists are left out, because an overlay can show a removed list again. dpkg is asked below.
    left = machine.run("find / -xdev -name '*mongo-store*' -not -path '/tmp/*'").splitlines()
    assert [path for path in left if not path.startswith("/var/lib/dpkg/info/")] == []
    assert not machine.succeeds("dpkg-query --show mosquitto-mongo-store")
    assert machine.run("dpkg --verify mosquitto; ls -A /etc/mosquitto/conf.d").split() == ["README"]
    start_broker(machine)


def test_a_purge_keeps_and_names_a_journal_with_what_is_not_stored(machine):
    switch_on(machine)
    start_broker(machine)
    publish(machine)
    stop_broker(machine)
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert f"kept {JOURNALS}/0001, which has messages that MongoDB doesn't have" in said
    assert not machine.has(ENABLED) and not machine.has(SECRETS)
    machine.run(f"{APT} install {PACKAGE}")
    start_database(machine)
    machine.run(f"mongo-store journal deliver {JOURNALS}/0001")
    assert machine.run("mongo-store count").strip() == "10"
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert "kept" not in said and not machine.has(JOURNALS)


def test_a_purge_keeps_a_journal_with_a_payload_that_only_it_has(machine):
    store_ten(machine)
    payload = f"{JOURNALS}/0001/0123456789abcdef01234567.payload"
    machine.run(f"echo kept | install -o mosquitto -m 600 /dev/stdin {payload}")
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert f"kept {JOURNALS}/0001" in said and machine.has(payload)


def test_a_purge_keeps_the_journal_of_a_broker_that_still_runs(machine):
    start_database(machine)
    switch_on(machine)
    start_broker(machine)
    publish(machine)
    machine.await_success("test $(mongo-store count) = 10")
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert f"kept {JOURNALS}/0001" in said
    assert machine.has(f"{JOURNALS}/0001/lock") and machine.succeeds("pidof mosquitto")
    machine.copy(BUILD / "device-sim/device-sim", "/usr/local/bin/device-sim")
    publish(machine)
    machine.copy(BUILD / "plugin/cli/mongo-store", "/usr/local/bin/mongo-store")
    machine.await_success("test $(mongo-store count) = 20")


def test_a_purge_does_not_follow_links_that_the_broker_could_make(machine):
    machine.run(f"install -d -m 700 -o mosquitto {JOURNALS} /srv/other; touch /srv/other/file")
    machine.run(f"ln -s /srv/other {JOURNALS}/0001")
    machine.run(f"{APT} purge mosquitto-mongo-store")
    assert machine.has("/srv/other/file")


def test_a_purge_names_other_files_that_may_hold_a_password(machine):
    machine.run("echo 'plugin_opt_mongo_password x' >/etc/mosquitto/conf.d/other.conf")
    said = machine.run(f"{APT} purge mosquitto-mongo-store")
    assert "kept /etc/mosquitto/conf.d/other.conf, which has options" in said
    assert machine.has("/etc/mosquitto/conf.d/other.conf")


def test_purged_together_with_the_broker_it_leaves_no_folder(machine):
    machine.run(f"touch {SECRETS}/password {ENABLED}")
    machine.run(f"{APT} purge mosquitto mosquitto-mongo-store")
    assert not machine.has("/etc/mosquitto") and not machine.has("/var/lib/mosquitto")
