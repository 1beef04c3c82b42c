# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Checks all files of a folder together: the form of each, and their references to each other."""

import json
import pathlib
import re

import jsonschema

from . import app_rules

FOLDER = pathlib.Path(__file__).resolve().parent
SCHEMAS = {"mqtt.json": "app", "device.json": "app", "percona.json": "percona",
           "mongouser.json": "mongouser"}
TEMPLATE_VALUES = {"percona.json", "mongouser.json"}  # empty until make-credentials fills them


def check_form(name, content):
    schema = json.loads((FOLDER / f"{SCHEMAS[name]}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    for error in sorted(validator.iter_errors(content), key=lambda error: list(map(str, error.path))):
        place = ".".join(map(str, error.absolute_path)) or "the whole"
        # Only the rule is named, because the value may be a password.
        yield f"{name}: {place}: breaks {error.validator} {json.dumps(error.validator_value)[:200]}"


def vip_host(app):
    """The name under which the first VIP of an app is reached inside the cluster."""
    for mapping in app_rules.port_mappings(app):
        vip = mapping.get("labels", {}).get("VIP_0")
        if vip:
            return f"{vip.rpartition(':')[0].strip('/')}.marathon.l4lb.thisdcos.directory"
    return None


def flag(app, name):
    words = app.get("args") or app.get("cmd", "").split()
    return words[words.index(name) + 1] if name in words[:-1] else None


def check_device(device, mqtt):
    if "networks" not in device and app_rules.port_mappings(device):
        yield "a device listens on no port"
    host = vip_host(mqtt)
    if flag(device, "-b") != host:
        yield f"its broker is {flag(device, '-b')}, the VIP of mqtt.json is {host}"
    if "-p" in (device.get("args") or device.get("cmd", "").split()):
        yield "-p isn't needed: the VIP is on device-sim's default port"
    if (device["cpus"], device["mem"], device["instances"]) != (0.1, 16, 1):
        yield "a device is 1 instance of 0.1 CPU and 16 MiB"


def check_database(mqtt, percona, user):
    options = app_rules.options(mqtt)
    mongodb = {"count": 3, "replicaSetName": "rs", "port": 27017} | percona.get("mongodb", {})
    service = percona.get("service", {}).get("name", "percona-server-mongodb")
    hosts, _, query = options["MONGO_STORE_MONGO_URI"].partition("://")[2].partition("/")
    form = rf"mongo-rs-(\d+)-mongod\.{re.escape(service)}\.autoip\.dcos\.thisdcos\.directory:" \
           rf"{mongodb['port']}"
    for host in hosts.split(","):
        match = re.fullmatch(form, host)
        if not match:
            yield f"MONGO_STORE_MONGO_URI: {host} is no member of the service {service}"
        elif int(match.group(1)) >= mongodb["count"]:
            yield f"MONGO_STORE_MONGO_URI: {host}: the set has {mongodb['count']} members, from 0"
    if f"replicaSet={mongodb['replicaSetName']}" not in query.lstrip("?").split("&"):
        yield f"MONGO_STORE_MONGO_URI: the replica set is {mongodb['replicaSetName']}"
    if options.get("MONGO_STORE_MONGO_USER") != user["user"]:
        yield f"MONGO_STORE_MONGO_USER isn't {user['user']}, the user of mongouser.json"
    database = options["MONGO_STORE_DATABASE"]
    if {"db": database, "role": "readWrite"} not in user["roles"]:
        yield f"{user['user']} has no role readWrite on {database}"


def check_credentials(folder, percona, user):
    """The files of make-credentials: no password occurs twice, and the broker has its user's."""
    passwords = [value for name, value in percona["mongodb-credentials"].items()
                 if name.endswith("Password")] + [user["pwd"]]
    if len(set(passwords)) != len(passwords):
        yield "the same password is used twice"
    file = folder / "mongo-password"
    if not file.is_file() or file.read_text(encoding="utf-8") != user["pwd"]:
        yield "mongo-password isn't the password of mongouser.json"


def check_folder(folder, are_templates=False):
    """The problems of a folder's files, one line each. Templates have no passwords and no key."""
    content = {name: json.loads((folder / name).read_text(encoding="utf-8")) for name in SCHEMAS}
    problems = [problem for name in SCHEMAS if not (are_templates and name in TEMPLATE_VALUES)
                for problem in check_form(name, content[name])]
    if problems:
        return problems
    mqtt, device = content["mqtt.json"], content["device.json"]
    percona, user = content["percona.json"], content["mongouser.json"]
    for name, app in (("mqtt.json", mqtt), ("device.json", device)):
        problems += [f"{name}: {problem}" for rule in app_rules.APP_RULES for problem in rule(app)]
    problems += [f"mqtt.json: {problem}" for problem in app_rules.check_broker(mqtt)]
    problems += [f"device.json: {problem}" for problem in check_device(device, mqtt)]
    problems += [f"mqtt.json: {problem}" for problem in check_database(mqtt, percona, user)]
    if not are_templates:
        problems += list(check_credentials(folder, percona, user))
    return problems
