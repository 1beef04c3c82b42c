# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""mongo-store, the command-line tool: what it shows of what is stored."""

import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest
from bson import ObjectId

from support import build_tree
from support.mongo_store import run, succeed
from support.mqtt import publish, reading
from support.port import HOST, free_port
from support.waiting import eventually

PASSWORD = "s/cr@t"
USAGE = 64


def flags_for(database):
    return ["--mongo-uri", database.uri, "--database", database.name]


@pytest.fixture
def devices(database):
    """Seven documents whose order of insertion is not that of their ids."""
    numbers = [4, 1, 7, 2, 6, 3, 5]
    documents = [{"_id": ObjectId(f"{n:024x}"), "deviceUID": "ü", "value": n} for n in numbers]
    database.devices.insert_many(documents)
    return database


def test_count_prints_how_many_documents_are_stored(devices):
    assert succeed("count", *flags_for(devices)) == "7\n"


def test_first_prints_one_document_in_one_line_with_its_fields_in_order(devices):
    line = succeed("first", *flags_for(devices))
    assert line.count("\n") == 1
    document = json.loads(line)
    assert list(document) == ["_id", "deviceUID", "value"]
    assert devices.devices.find_one({"_id": ObjectId(document["_id"]["$oid"])})


def test_last_prints_the_newest_by_id_first(devices):
    def values(output):
        return [json.loads(line)["value"] for line in output.splitlines()]

    assert values(succeed("last", *flags_for(devices))) == [7, 6, 5, 4, 3]
    assert values(succeed("last", "--limit", "2", *flags_for(devices))) == [7, 6]
    assert values(succeed("last", "--limit=100", *flags_for(devices))) == [7, 6, 5, 4, 3, 2, 1]


def test_extended_json_keeps_types(database):
    database.devices.insert_one({"_id": 1, "value": {"n": 2**53 + 1, "s": "a\nb"}})
    line = succeed("first", *flags_for(database))
    assert json.loads(line) == {"_id": 1, "value": {"n": 2**53 + 1, "s": "a\nb"}}
    assert line.count("\n") == 1


def test_doubles_are_shown_as_short_as_they_read_back(database):
    database.devices.insert_one({"value": [21.6, 0.1 + 0.2, 3.0, "21.60"]})
    assert '[ 21.6, 0.30000000000000004, 3.0, "21.60" ]' in succeed("last", *flags_for(database))


def test_an_empty_collection_is_no_error(database):
    assert succeed("count", *flags_for(database)) == "0\n"
    assert succeed("first", *flags_for(database)) == ""
    assert succeed("last", *flags_for(database)) == ""


@pytest.mark.parametrize("command", ["count", "first", "last"])
def test_a_collection_that_is_not_there_is_told_from_an_empty_one(database, command):
    def said(*flags):
        done = run(command, *flags_for(database), *flags)
        assert done.stdout == ("0\n" if command == "count" else "")
        assert done.stderr.count("\n") == 1
        return done.returncode, done.stderr

    status, line = said()
    assert status == 0 and "doesn't exist yet: the first document will create it" in line
    database.devices.insert_one({"value": 1})
    status, line = said("--collection", "devizes")
    assert status == 1
    assert f"{database.name}.devizes doesn't exist; collections of {database.name}: devices" in line
    status, line = said("--dead-letters")
    assert status == 0 and "the first dead letter will create it" in line
    database.devices.delete_many({})
    status, line = said()
    assert status == 0 and f"{database.name}.devices is empty" in line


def test_dead_letters_are_looked_at_on_request(database):
    database.dead_letters.insert_one({"reason": "not JSON"})
    assert succeed("count", "--dead-letters", *flags_for(database)) == "1\n"
    assert succeed("count", *flags_for(database)) == "0\n"


def test_options_come_from_the_environment_and_flags_win(devices):
    environment = {"MONGO_STORE_MONGO_URI": devices.uri, "MONGO_STORE_DATABASE": devices.name}
    assert succeed("count", environment=environment) == "7\n"
    other = ["--collection", "others"]
    devices.devices.database.others.insert_many([{"value": 1}, {"value": 2}])
    assert succeed("count", *other, environment=environment) == "2\n"


@pytest.fixture
def configuration(tmp_path):
    """A mosquitto.conf with an include_dir, whose one file has these lines."""

    def write(*lines):
        folder = tmp_path / "conf.d"
        folder.mkdir(exist_ok=True)
        (folder / "mongo-store.conf").write_text("\n".join(lines) + "\n")
        main = tmp_path / "mosquitto.conf"
        main.write_text(f"listener 1883\ninclude_dir {folder}\n")
        return main

    return write


PLUGIN_LINE = f"plugin {build_tree.PLUGIN}"


def test_options_come_from_the_configuration_and_environment_and_flags_win(devices, configuration):
    devices.devices.database.others.insert_many([{"value": 1}, {"value": 2}])
    path = configuration(
        PLUGIN_LINE,
        f"plugin_opt_mongo_uri {devices.uri}",
        f"plugin_opt_database {devices.name}",
        "plugin_opt_collection others",
        "plugin_opt_topics device/#",
    )
    environment = {"MONGO_STORE_COLLECTION": "devices"}
    assert succeed("count", "--config", path) == "2\n"
    assert succeed("count", f"--config={path}", "--collection", "devices") == "7\n"
    assert succeed("count", "--config", path, environment=environment) == "7\n"


@pytest.mark.smoke
def test_the_configuration_of_a_broker_leads_to_what_it_stored(make_broker, database):
    broker = make_broker(database.options)
    whole = broker.config_text().splitlines(keepends=True)
    included = broker.folder / "conf.d"
    included.mkdir(parents=True)
    is_of_plugin = [line.startswith("plugin") for line in whole]
    (included / "store.conf").write_text("".join(itertools.compress(whole, is_of_plugin)))
    others = [line for line, is_one in zip(whole, is_of_plugin) if not is_one]
    broker.config_text = lambda: "".join([*others, f"include_dir {included}\n"])
    publish(broker.start(), "device/d", reading("d"))
    eventually(lambda: database.devices.count_documents({}) == 1)
    path = broker.folder / "mosquitto.conf"
    assert json.loads(succeed("last", "--config", path))["deviceUID"] == "d"


def refuse(*arguments, program=(build_tree.MONGO_STORE,)):
    """The one line that a wrong configuration gets."""
    done = subprocess.run(
        [*program, "count", *arguments],
        env=build_tree.clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (USAGE, ""), done.stderr
    assert done.stderr.count("\n") == 1 and "MARK" not in done.stderr
    return done.stderr


def can_mount():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(
    not can_mount() or not pathlib.Path("/etc/mosquitto").is_dir(),
    reason="needs root and the folder of Debian's mosquitto package",
)
def test_the_configuration_of_debians_package_is_read_by_default(devices, configuration, tmp_path):
    configuration(
        PLUGIN_LINE, f"plugin_opt_mongo_uri {devices.uri}", f"plugin_opt_database {devices.name}"
    )

    def count(*arguments):
        return subprocess.run(
            ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/mosquitto && exec "$@"', tmp_path,
             build_tree.MONGO_STORE, "count", *arguments],
            env=build_tree.clean_environment(), capture_output=True, text=True, timeout=60,
        )

    assert count().stdout == "7\n"
    away = count("--mongo-uri", f"mongodb://{HOST}:{free_port()}/?serverSelectionTimeoutMS=500")
    assert away.returncode == 1


def test_what_is_wrong_with_a_configuration_is_one_line(configuration, tmp_path):
    assert "absent.conf\" can't be read: No such file" in refuse("--config", tmp_path / "absent.conf")
    path = configuration("plugin /usr/lib/other.so", "plugin_opt_mongo_uri MARK")
    assert "no plugin line of mosquitto_mongo_store.so in " in refuse("--config", path)
    two = refuse("--config", configuration(PLUGIN_LINE, PLUGIN_LINE))
    assert "mongo-store.conf\" line 2: a second plugin line" in two
    unknown = refuse("--config", configuration(PLUGIN_LINE, "plugin_opt_mongo_pass MARK"))
    assert "conf.d/mongo-store.conf\": plugin_opt_mongo_pass is not an option" in unknown
    assert "--config is given twice" in refuse("--config", path, "--config", path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_configuration_that_may_not_be_read_says_what_to_do():
    # The build tree may be in a folder that others can't enter.
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "mosquitto.conf")
        path.write_text(PLUGIN_LINE + "\n")
        copy = shutil.copy(build_tree.MONGO_STORE, folder)
        pathlib.Path(folder).chmod(0o755)
        path.chmod(0o600)
        program = ["setpriv", "--reuid=65534", "--clear-groups", copy]
        line = refuse("--config", path, program=program)
    assert "Permission denied: run mongo-store as root or as the broker's user" in line


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_a_user_reads_with_a_password_file_or_the_environment(
    make_scripted_server, tmp_path, mechanism
):
    password_file = tmp_path / "password"
    password_file.write_text(PASSWORD + "\n")
    password_file.chmod(0o600)
    server = make_scripted_server(
        user="reader",
        password_file=password_file,
        auth_db="mongogw",
        role="read@mongogw",
        mechanisms=mechanism,
    )
    flags = ["--mongo-uri", server.address, "--mongo-user", "reader"]
    assert succeed("count", *flags, "--mongo-password-file", password_file) == "0\n"
    assert succeed("count", *flags, environment={"MONGO_STORE_MONGO_PASSWORD": PASSWORD}) == "0\n"

    wrong = run("count", *flags, environment={"MONGO_STORE_MONGO_PASSWORD": "WRONG"})
    assert wrong.returncode == 1
    assert wrong.stderr.count("\n") == 1
    assert server.address in wrong.stderr and "mongo_auth_source" in wrong.stderr
    assert "WRONG" not in wrong.stderr


def test_a_host_that_is_away_is_named_and_its_password_is_not():
    address = f"{HOST}:{free_port()}"
    uri = f"mongodb://user:MARK@{address}/?serverSelectionTimeoutMS=1000"
    away = run("count", environment={"MONGO_STORE_MONGO_URI": uri})
    assert away.returncode == 1 and away.stdout == ""
    assert away.stderr.count("\n") == 1
    assert address in away.stderr and "MARK" not in away.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["counts"],
        ["count", "--limit", "3"],
        ["last", "--limit", "0"],
        ["count", "--mongo-password", "MARK"],
        ["count", "--mongo-password=MARK"],
        ["count", "--mongo-pass=MARK"],
        ["count", "--database=a.b"],
        ["count", "extra"],
        ["count", "--mongo-uri", "mongodb://h:99999/"],
        ["count", "--mongo-uri", "mongodb://h/?w=1"],
        ["count", "--mongo-user", "MARK"],
        ["count", "--mongo-tls-ca-file", "/etc/passwd"],
        ["audit", "--mongo-uri", "mongodb://h:99999/", "/dev/null"],
        ["last", "--limit", "3", "--limit", "4"],
        ["dead-letters", "list", "--reason", "nosuchcode"],
    ],
)
def test_what_is_wrong_on_the_command_line_is_one_line_and_status_64(arguments):
    done = run(*arguments)
    assert done.returncode == USAGE
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert "MARK" not in done.stderr


@pytest.mark.parametrize(
    "uri", ["mongodb://u:MARK@x@h", "mongodb://u:MARK%zz@h", "mongodb://u:p@h/?x=MARK"]
)
def test_a_malformed_uri_shows_no_part_of_itself(uri):
    done = run("count", environment={"MONGO_STORE_MONGO_URI": uri})
    assert done.returncode == USAGE
    assert "mongo_uri" in done.stderr.lower() and "MARK" not in done.stderr


def test_a_password_in_a_uri_is_taken_out_of_the_process_list():
    # A server that never answers, so that the tool is still there to be looked at.
    with socket.create_server((HOST, 0)) as silent:
        address = f"{HOST}:{silent.getsockname()[1]}"
        uri = f"mongodb://user:MARK@{address}/?connectTimeoutMS=20000"
        child = subprocess.Popen(
            [build_tree.MONGO_STORE, "count", "--mongo-uri", uri],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=build_tree.clean_environment(),
        )
        try:
            silent.settimeout(20)
            # Closed, the connection would end the tool.
            with silent.accept()[0], open(f"/proc/{child.pid}/cmdline", "rb") as command_line:
                shown = command_line.read()
        finally:
            child.kill()
            child.wait()
    assert b"--mongo-uri" in shown
    assert b"MARK" not in shown


def test_help_and_version_are_printed():
    printed = succeed("--help")
    for word in ["count", "first", "last", "audit", "--json", "--mongo-uri", "--limit", "MONGO_STORE_"]:
        assert word in printed
    assert "--mongo-password=" not in printed and "--topics" not in printed
    assert succeed("--version").startswith("mongo-store ")
