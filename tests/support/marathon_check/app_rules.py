# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Rules for a Marathon app, except for the form of its fields. Each rule yields its problems."""

from .plugin_options import PREFIX, read_bytes, read_defaults

SANDBOX = "/mnt/mesos/sandbox"  # where a MESOS container with an image finds its sandbox
KILL_GRACE_DEFAULT_S = 3  # Marathon's default
STOP_MARGIN_S = 2  # the broker closes its connections and the journal after the drain
VOLUME_MARGIN_BYTES = 64 * 2**20  # ready segments, and other files
CPUS_MAX = 0.2
MEMORY_MIB_MAX = 128


def volumes(app, kind):
    return [volume for volume in app["container"].get("volumes", []) if kind in volume]


def port_mappings(app):
    return app["container"].get("portMappings", [])


def options(app):
    """The plugin's options in this app, with defaults for those that it doesn't set."""
    given = {name: value for name, value in app.get("env", {}).items() if name.startswith(PREFIX)}
    return {name: value for name, value in read_defaults().items() if value is not None} | given


def check_networks(app):
    modes = {network["mode"] for network in app.get("networks", [])}
    if port_mappings(app) and not modes & {"container", "container/bridge"}:
        yield "container.portMappings without a network in container mode"


def check_secrets(app):
    declared = set(app.get("secrets", {}))
    used = {value["secret"] for value in app.get("env", {}).values() if isinstance(value, dict)}
    used |= {volume["secret"] for volume in volumes(app, "secret")}
    pull = app["container"]["docker"].get("pullConfig")
    used |= {pull["secret"]} if pull else set()
    for name in sorted(used - declared):
        yield f"secret {name} is used and not declared in secrets"
    for name in sorted(declared - used):
        yield f"secret {name} is declared and not used"
    for name in sorted(declared):
        folder = app["secrets"][name]["source"].rpartition("/")[0]
        if folder and not f"{app['id'].strip('/')}/".startswith(f"{folder}/"):
            yield f"secret {name}: app {app['id']} may not read from {folder}/ in the store"


def check_persistent_volumes(app):
    if not volumes(app, "persistent"):
        return
    strategy = app.get("upgradeStrategy", {"minimumHealthCapacity": 1, "maximumOverCapacity": 1})
    if strategy["minimumHealthCapacity"] >= 1:
        yield "upgradeStrategy.minimumHealthCapacity must be below 1 with a persistent volume"
    if strategy["maximumOverCapacity"] != 0:
        yield "upgradeStrategy.maximumOverCapacity must be 0 with a persistent volume"
    if "residency" not in app and "unreachableStrategy" not in app:
        yield 'a persistent volume needs residency or unreachableStrategy "disabled"'


def check_host_ports(app):
    fixed = [mapping for mapping in port_mappings(app) if mapping.get("hostPort", 0) != 0]
    if fixed and ["hostname", "UNIQUE"] not in app.get("constraints", []):
        yield 'a fixed host port needs the constraint ["hostname", "UNIQUE"]'


def check_health(app):
    for check in app.get("healthChecks", []):
        by_port = check["protocol"] != "COMMAND"
        if by_port and check.get("portIndex", 0) >= len(port_mappings(app)):
            yield f"healthChecks: there is no port {check.get('portIndex', 0)} in portMappings"
        if by_port == ("command" in check):
            yield "healthChecks: protocol COMMAND requires a command; no other protocol accepts one"
        if check.get("timeoutSeconds", 20) > check.get("intervalSeconds", 60):
            yield "healthChecks: timeoutSeconds is over intervalSeconds"


def check_vips(app):
    for mapping in port_mappings(app):
        for label, value in mapping.get("labels", {}).items():
            if label.startswith("VIP_") and not 1 <= int(value.rpartition(":")[2]) <= 65535:
                yield f"{label}: {value} has no port"


def check_options(app):
    known = read_defaults()
    for name, value in app.get("env", {}).items():
        if not name.startswith(PREFIX):
            continue
        if name not in known:
            yield f"env: {name} is not an option of the plugin"
        elif name == "MONGO_STORE_MONGO_PASSWORD" and not isinstance(value, dict):
            yield f"env: {name} is visible to everybody who can see the app: use a secret"
        elif name == "MONGO_STORE_MONGO_URI" and "@" in str(value):
            yield f"env: {name} contains a user: use the separate options for name and password"


def check_broker(app):
    """The broker's app: its journal, its secrets and the time that it has to stop."""
    chosen = options(app)
    journals = {f"{SANDBOX}/{volume['containerPath']}": volume["persistent"]["size"] * 2**20
                for volume in volumes(app, "persistent")}
    folder = chosen["MONGO_STORE_JOURNAL_DIR"]
    if folder not in journals:
        yield f"MONGO_STORE_JOURNAL_DIR is {folder}, the persistent volumes are {sorted(journals)}"
    else:
        bytes_max = read_bytes(chosen["MONGO_STORE_JOURNAL_MAX_BYTES"])
        if journals[folder] < bytes_max + VOLUME_MARGIN_BYTES:
            yield f"the volume of {journals[folder]} bytes is too small for a journal of {bytes_max}"
    files = {f"{SANDBOX}/{volume['containerPath']}" for volume in volumes(app, "secret")}
    password = chosen.get("MONGO_STORE_MONGO_PASSWORD_FILE")
    if password and password not in files:
        yield f"MONGO_STORE_MONGO_PASSWORD_FILE is {password}, the secret files are {sorted(files)}"
    drain_s = int(chosen["MONGO_STORE_SHUTDOWN_DRAIN_MS"]) / 1000
    grace_s = app.get("taskKillGracePeriodSeconds", KILL_GRACE_DEFAULT_S)
    if grace_s <= drain_s + STOP_MARGIN_S:
        yield f"taskKillGracePeriodSeconds {grace_s} must be over {drain_s + STOP_MARGIN_S:g}: " \
              "the drain and 2 s"
    if not app.get("healthChecks"):
        yield "the broker has no health check"
    if app["cpus"] > CPUS_MAX or app["mem"] > MEMORY_MIB_MAX:
        yield f"the broker gets {app['cpus']} CPU and {app['mem']} MiB, not {CPUS_MAX} and " \
              f"{MEMORY_MIB_MAX} at the most"
    if app.get("user", "root") == "root":
        yield "user must exist on the agents, and must not be root: this user owns the journal's " \
              "volume, and Mosquitto started as root would switch to another user"


APP_RULES = (check_networks, check_secrets, check_persistent_volumes, check_host_ports,
             check_health, check_vips, check_options)
