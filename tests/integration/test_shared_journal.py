# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Several brokers on one journal_dir, and one broker that loads the plugin twice."""

import pytest

from support import build_tree
from support.balance import logged_balances
from support.mqtt import Client, read_balance, reading
from support.port import HOST, free_port
from support.waiting import eventually, stays

pytestmark = pytest.mark.version

ORPHAN = "has pending records, but no broker uses it"
TWICE = "mongo_store: not started: the plugin is loaded twice in this broker; one plugin line is"


@pytest.fixture
def journal_dir(tmp_path):
    return tmp_path / "shared_journal"


@pytest.fixture
def make_sharing(make_broker, database, journal_dir):
    """make_sharing("name", …) makes a broker on the shared journal_dir, with that gateway id."""

    def make(name, **options):
        given = {**database.options, "journal_dir": journal_dir, "gateway_id": name, **options}
        return make_broker(given)

    return make


@pytest.fixture
def away():
    """Options that lead to no server."""
    return {"mongo_uri": f"mongodb://{HOST}:{free_port()}/", "shutdown_drain_ms": 0}


def publish_values(broker, values):
    with Client(broker) as client:
        for value in values:
            client.publish("device/d", reading("d", value))


def await_values(database, expected):
    """Checks that exactly these values are stored, by the gateway that accepted them."""
    devices = database.devices
    count = sum(len(values) for values in expected.values())
    eventually(lambda: devices.count_documents({}) >= count, 60)
    stays(lambda: devices.count_documents({}) == count, 0.3)
    for gateway, values in expected.items():
        found = devices.find({"gatewayID": gateway}).sort("_id", 1)
        assert [document["value"] for document in found] == list(values)


@pytest.mark.light
def test_each_broker_takes_a_journal_of_its_own(make_sharing, database, journal_dir):
    one = make_sharing("one").start()
    two = make_sharing("two").start()
    assert read_balance(one)["journal"] == str(journal_dir / "0001")
    assert read_balance(two)["journal"] == str(journal_dir / "0002")
    publish_values(one, range(10))
    publish_values(two, range(10, 25))
    await_values(database, {"one": range(10), "two": range(10, 25)})
    one.stop()
    two.stop()
    assert sorted(folder.name for folder in journal_dir.iterdir()) == ["0001", "0002"]
    assert logged_balances(one)[-1]["stored"] == 10
    assert logged_balances(two)[-1]["stored"] == 15
    assert ORPHAN not in one.log + two.log


@pytest.mark.light
def test_brokers_that_were_killed_deliver_what_they_find_and_only_that(
    make_sharing, database, away
):
    one = make_sharing("one", **away).start()
    two = make_sharing("two", **away).start()
    publish_values(one, range(20))
    publish_values(two, range(20, 50))
    one.kill()
    two.kill()
    # In the other order, so that each finds the other's journal.
    two.options = {**two.options, **database.options}
    one.options = {**one.options, **database.options}
    two.start()
    one.start()
    assert ", 20 records of earlier runs pending" in two.log
    assert ", 30 records of earlier runs pending" in one.log
    await_values(database, {"one": range(20), "two": range(20, 50)})
    two.stop()
    one.stop()
    assert logged_balances(two)[-1]["stored"] == 20
    assert logged_balances(one)[-1]["stored"] == 30


@pytest.mark.light
def test_a_broker_warns_of_what_another_left_and_leaves_it_alone(
    make_sharing, database, journal_dir, away
):
    one = make_sharing("one", **away).start()
    two = make_sharing("two", **away).start()
    publish_values(one, range(5))
    publish_values(two, range(5, 15))
    one.kill()
    two.kill()
    one.options = {**one.options, **database.options}
    one.start()
    await_values(database, {"one": range(5)})
    warnings = [line for line in one.log.splitlines() if ORPHAN in line]
    assert len(warnings) == 1, one.log
    assert f"mongo_store: journal {journal_dir / '0002'} {ORPHAN}" in warnings[0]
    # As the warning says: another broker delivers it.
    make_sharing("three").start()
    await_values(database, {"one": range(5), "two": range(5, 15)})


@pytest.mark.light
def test_a_journal_that_a_running_broker_has_is_no_orphan(make_sharing, away):
    one = make_sharing("one", **away).start()
    two = make_sharing("two", **away).start()
    publish_values(one, range(5))
    publish_values(two, range(5))
    one.restart()
    assert ORPHAN not in one.log + two.log


def plugin_lines(**options):
    lines = [f"plugin {build_tree.PLUGIN}"]
    return "\n".join(lines + [f"plugin_opt_{key} {value}" for key, value in options.items()])


# Repeated, because threads of the first one run while the process ends.
@pytest.mark.light
@pytest.mark.parametrize("_attempt", range(3))
def test_a_second_plugin_line_is_refused(make_broker, database, tmp_path, _attempt):
    first = plugin_lines(**database.options, journal_dir=tmp_path / "first_journal")
    log = make_broker(database.options, config=first).refused_start()
    assert log.count(TWICE) == 1
    assert log.count("mongo_store: not started") == 1


def test_a_plugin_line_for_each_listener_is_refused(make_broker, database, tmp_path):
    lines = plugin_lines(**database.options, journal_dir=tmp_path / "first_journal")
    broker = make_broker(database.options, config=f"{lines}\nlistener {free_port()} {HOST}")
    text = "per_listener_settings true\n" + broker.config_text()  # it must come first
    broker.config_text = lambda: text
    assert broker.refused_start().count(TWICE) == 1
