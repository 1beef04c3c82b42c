# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Runs our images as the files for Marathon and Kubernetes do, with the same user, limits, options,
secret file and volume. Only the URI differs: it names the stand-in, which isn't a replica set."""

import json

import yaml

from support.build_tree import SOURCE
from support.engine import docker, image
from support.waiting import eventually

MESOS_SANDBOX = "/mnt/mesos/sandbox"
NOBODY = "65534:65534"  # Debian's; an agent may have another number
STORED_S = 90
DOCUMENTS = 3


def made_for(sandbox, owner):
    """Creates a volume like an orchestrator's: it belongs to the task's user, and others can't read it."""
    volume = sandbox.volume()
    docker("run", "--rm", "--user=0", f"--volume={volume}:/volume", "--entrypoint=sh",
           image("broker"), "-c", f"mkdir /volume/lost+found; chown {owner} /volume; chmod 700 /volume")
    return volume


def secret_file(sandbox, database, owner, mode):
    """Returns the folder of the secret file on this machine. The file is named password."""
    folder = sandbox.folder / "secret"
    folder.mkdir()
    (folder / "password").write_text(database.password)
    docker("run", "--rm", "--user=0", f"--volume={folder}:/secret", "--entrypoint=sh",
           image("broker"), "-c", f"chown {owner} /secret/password; chmod {mode} /secret/password")
    return folder


def assert_platform_works(sandbox, database, broker, device):
    """broker, device: the flags and other settings with which each is run."""
    first = sandbox.run("broker", *broker["flags"], environment=broker["environment"])
    first.await_log("mosquitto version")
    sandbox.run("device-sim", *device["flags"], command=device["command"])
    eventually(lambda: len(database.values()) >= DOCUMENTS, STORED_S, 0.2, lambda: first.log[-3000:])
    docker("exec", first.name, "sh", "-c", broker["health"])
    assert database.password not in first.log
    docker("stop", f"--time={broker['grace']}", first.name)
    assert first.inspect(".State.ExitCode") == 0
    assert "pending 0" in first.log.splitlines()[-1]


def test_as_marathon_runs_them(sandbox):
    mqtt, device = (json.loads((SOURCE / "docker/marathon" / name).read_text())
                    for name in ("mqtt.json", "device.json"))
    database = sandbox.database().start()
    journal, password = mqtt["container"]["volumes"]
    secret = secret_file(sandbox, database, "0:0", "644")  # as Mesos writes it
    volume = made_for(sandbox, NOBODY)
    vip = device["cmd"].split("-b ")[1].split()[0]
    assert (mqtt["user"], device["user"]) == ("nobody", "nobody")
    broker = {
        "flags": [f"--user={NOBODY}", f"--cpus={mqtt['cpus']}", f"--memory={mqtt['mem']}m",
                  f"--network-alias={vip}",
                  f"--volume={volume}:{MESOS_SANDBOX}/{journal['containerPath']}",
                  f"--volume={secret}/password:{MESOS_SANDBOX}/{password['containerPath']}:ro"],
        "environment": {**mqtt["env"], "MONGO_STORE_MONGO_URI": database.uri},
        "health": mqtt["healthChecks"][0]["command"]["value"],
        "grace": mqtt["taskKillGracePeriodSeconds"]}
    # Marathon's cmd is one line for a shell.
    fleet = {"flags": [f"--user={NOBODY}", f"--cpus={device['cpus']}", f"--memory={device['mem']}m",
                       "--entrypoint=/bin/sh"], "command": ["-c", device["cmd"]]}
    assert_platform_works(sandbox, database, broker, fleet)


def pod_of(name):
    for document in yaml.safe_load_all((SOURCE / "docker/kubernetes" / name).read_text()):
        if "template" in document["spec"]:
            return document["spec"]["template"]["spec"]
    raise AssertionError(f"{name} makes no pods")


def flags_of(pod):
    [container] = pod["containers"]
    context, limits = pod["securityContext"], container["resources"]["limits"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    return [f"--user={context['runAsUser']}:{context['runAsGroup']}", "--read-only",
            "--cap-drop=ALL", "--security-opt=no-new-privileges",
            f"--memory={limits['memory'].removesuffix('Mi')}m",
            f"--cpus={int(container['resources']['requests']['cpu'].removesuffix('m')) / 1000}"]


def test_as_kubernetes_runs_them(sandbox):
    pod, device = pod_of("broker.yaml"), pod_of("device.yaml")
    options = yaml.safe_load((SOURCE / "docker/kubernetes/broker-options.yaml").read_text())["data"]
    database = sandbox.database().start()
    group = pod["securityContext"]["fsGroup"]
    mode = f"{pod['volumes'][0]['secret']['defaultMode']:o}"
    secret = secret_file(sandbox, database, f"0:{group}", mode)
    volume = made_for(sandbox, f"{group}:{group}")
    journal, mongogw = pod["containers"][0]["volumeMounts"]
    args = device["containers"][0]["args"]
    broker = {
        "flags": [*flags_of(pod), f"--network-alias={args[args.index('-b') + 1]}",
                  f"--volume={volume}:{journal['mountPath']}",
                  f"--volume={secret}:{mongogw['mountPath']}:ro"],
        "environment": {**options, "MONGO_STORE_MONGO_URI": database.uri},
        "health": pod["containers"][0]["readinessProbe"]["exec"]["command"][0],
        "grace": pod["terminationGracePeriodSeconds"]}
    assert_platform_works(sandbox, database, broker, {"flags": flags_of(device), "command": args})

