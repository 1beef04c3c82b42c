# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""`cmake --install` with a prefix, into a folder that plays the role of another machine's root."""

import os
import pathlib
import subprocess

import pytest

pytestmark = pytest.mark.timeout(300)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = SOURCE / os.environ.get("MONGO_STORE_BUILD_DIR", "build/release")
PREFIX = "/opt/mongo-store-test"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    targets = ["mosquitto_mongo_store", "mongo-store", "device-sim", "manual-pages"]
    subprocess.run(["cmake", "--build", str(BUILD), "--target", *targets], check=True)
    subprocess.run(
        ["cmake", "--install", str(BUILD), "--prefix", PREFIX],
        env=os.environ | {"DESTDIR": str(root)},
        check=True,
    )
    return root


@pytest.fixture
def installed(root):
    return root / PREFIX[1:]


def plugin(installed):
    """The plugin is in lib, or in the library folder for which the build tree was configured."""
    (path,) = installed.glob("lib*/**/mosquitto_mongo_store.so")
    return path


def test_nothing_is_written_beside_the_prefix(root, installed):
    assert [path.name for path in root.iterdir()] == ["opt"]
    assert [path.name for path in installed.parent.iterdir()] == [installed.name]
    assert not pathlib.Path(PREFIX).exists()


def test_all_is_where_a_system_looks_for_it(installed):
    found = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    documents = ["README.md", "copyright"]
    documents += [f"docs/{path.name}" for path in (SOURCE / "docs").glob("*.md")]
    documents += [f"docs/images/{path.name}" for path in (SOURCE / "docs/images").iterdir()]
    names = [path.name for path in (SOURCE / "broker-config").iterdir()]
    documents += [name for name in names if name != "CMakeLists.txt" and not name.endswith(".in")]
    assert {"mosquitto.conf", "docs/operations.md"} <= set(documents)
    assert found == {
        "bin/device-sim",
        "bin/mongo-store",
        str(plugin(installed).relative_to(installed)),
        "share/man/man1/device-sim.1",
        "share/man/man1/mongo-store.1",
        "share/man/man7/mosquitto-mongo-store.7",
        "share/man/man7/mosquitto_mongo_store.7",
        *(f"share/doc/mosquitto-mongo-store/{document}" for document in documents),
    }


def test_samples_name_the_plugin_where_it_will_be(root, installed):
    where = f"/{plugin(installed).relative_to(root)}"
    samples = list(installed.glob("share/doc/mosquitto-mongo-store/*.conf"))
    assert samples
    for sample in samples:
        assert f"\nplugin {where}\n" in sample.read_text(), sample.name


def test_programs_run_without_the_build_tree(installed):
    for program in ("device-sim", "mongo-store"):
        path = installed / "bin" / program
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"{program} ")
    for path in (*(installed / "bin").iterdir(), plugin(installed)):
        dynamic = subprocess.run(
            ["readelf", "--dynamic", "--wide", path], capture_output=True, text=True, check=True
        ).stdout
        assert "NEEDED" in dynamic and "RPATH" not in dynamic and "RUNPATH" not in dynamic
