# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""docker/kubernetes: its objects have the form that the Kubernetes API requires and obey this
project's rules. Objects that don't are refused."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "docker" / "kubernetes"
FOLDERS = (".", "database", "journal-deliver")


@pytest.fixture(scope="session")
def program():
    """kubernetes-check, built if it isn't there or its sources are newer."""
    script = ". scripts/support/build.sh && build_kubernetes_check >&2 && echo \"$kubernetes_check\""
    result = subprocess.run(["bash", "-euc", script], cwd=ROOT, text=True, capture_output=True,
                            check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FILES, tmp_path / "kubernetes")


def check(program, folder):
    return subprocess.run([program, "--options", ROOT / "docs" / "configuration.md",
                           *(folder / name for name in FOLDERS)],
                          text=True, capture_output=True, check=False)


def replace(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text, f"{name} has no {old!r}"
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


# The build takes a minute or two, plus the download of missing modules.
@pytest.mark.timeout(900)
def test_the_files_obey_the_rules(program):
    result = check(program, FILES)
    assert (result.returncode, result.stdout) == (0, "15 objects, 0 problems\n"), result.stderr


JOURNAL_MOUNT = ("            - name: journal\n"
                 "              mountPath: /var/lib/mosquitto/mongo-store\n")
MUTATIONS = [
    # the API's form
    ("broker.yaml", "serviceName:", "serviceNames:", 'unknown field "spec.serviceNames"'),
    ("broker.yaml", "containerPort:", "containerport:", 'unknown field "spec.template'),
    ("broker.yaml", "replicas: 1", 'replicas: "one"', "cannot unmarshal string"),
    ("broker.yaml", "memory: 128Mi", "memory: 128 MB", "quantities must match"),
    ("services.yaml", "targetPort: mqtt", "targetPorts: mqtt", "unknown field"),
    ("network-policies.yaml", "podSelector: {}", "podselector: {}", "unknown field"),
    ("journal-deliver/job.yaml", "backoffLimit", "backofflimit", "unknown field"),
    ("database/mongo.yaml", "size: 3", "sise: 3", 'unknown field "spec.replsets[0].sise"'),
    ("broker.yaml", "apiVersion: apps/v1", "apiVersion: apps/v1beta1", "no kind that this project"),
    ("services.yaml", "name: mqtt\n", "name: Mqtt_Service\n", "name: a lowercase RFC 1123"),
    ("device.yaml", "app.kubernetes.io/part-of: mosquitto-mongo-store",
     "app.kubernetes.io/part-of: 'mosquitto mongo store'", "labels: Invalid value"),
    # names that must match
    ("broker.yaml", "matchLabels:\n      app.kubernetes.io/name: broker\n  #",
     "matchLabels:\n      app.kubernetes.io/name: brokers\n  #", "doesn't match the labels"),
    ("broker.yaml", "matchLabels:\n              app.kubernetes.io/name: broker",
     "matchLabels:\n              app.kubernetes.io/name: other", "other pods than its own"),
    ("broker.yaml", "- name: journal\n              mountPath", "- name: data\n              mountPath",
     "volumeMount data: there is no such volume"),
    ("broker.yaml", JOURNAL_MOUNT, "", "StatefulSet mqtt/broker: volume journal is mounted nowhere"),
    ("journal-deliver/job.yaml", JOURNAL_MOUNT, "", "broker-1: no claim is mounted at MONGO_STORE_JOURNAL_DIR"),
    ("broker.yaml", "mountPath: /run/secrets/mongogw", "mountPath: run/secrets/mongogw", "is relative"),
    ("broker.yaml", "serviceName: brokers", "serviceName: mqtt", "no headless Service"),
    ("broker.yaml", "name: broker-options", "name: options", "there is no ConfigMap options"),
    ("broker.yaml", "secretName: mongogw", "secretName: other", "of Secret mongogw, the broker's from"),
    ("services.yaml", "targetPort: mqtt", "targetPort: mqtts", "targetPort mqtts"),
    ("services.yaml", "app.kubernetes.io/name: broker", "app.kubernetes.io/name: x", "matches no pods"),
    ("device.yaml", '"-b", "mqtt"', '"-b", "brokers"', "-b names no Service"),
    ("broker.yaml", "maxUnavailable: 1", "maxUnavailable: 0", "maxUnavailable must be 1"),
    # the prefix of the options
    ("services.yaml", "name: mqtt\n", "name: mongo-store\n", "variables MONGO_STORE_SERVICE_HOST"),
    ("services.yaml", "name: mqtt\n", "name: mongo-store-vip\n", "MONGO_STORE_VIP_SERVICE_HOST"),
    ("database/mongo.yaml", "- name: rs\n", "- name: store\n", "its Service mongo-store makes variables"),
    ("broker.yaml", "enableServiceLinks: false", "enableServiceLinks: true", "enableServiceLinks must"),
    # the options
    ("broker-options.yaml", "MONGO_STORE_MONGO_USER", "MONGO_STORE_USER", "STORE_USER is not an option"),
    ("broker-options.yaml", "MONGO_STORE_MONGO_USER", "MONGO_STORE_MONGO_PASSWORD", "as a file"),
    ("broker-options.yaml", "mongodb://", "mongodb://a:b@", "contains a user"),
    ("broker-options.yaml", "/var/lib/mosquitto/mongo-store", "/journal", "no claim is mounted at"),
    ("broker-options.yaml", "/run/secrets/mongogw/password", "/password", "no Secret is mounted there"),
    ("broker-options.yaml", "MAX_BYTES: 1GiB", "MAX_BYTES: 2GiB", "too small for a journal"),
    ("broker.yaml", "storage: 2Gi", "storage: 1Gi", "too small for a journal"),
    ("broker.yaml", "defaultMode: 0440", "defaultMode: 0444", "others may read them"),
    ("broker.yaml", "PeriodSeconds: 30", "PeriodSeconds: 7", "terminationGracePeriodSeconds 7 must"),
    ("broker-options.yaml", '"5000"', '"28000"', "must be over the drain of 28000 ms and 2 s"),
    ("broker.yaml", "whenScaled: Retain", "whenScaled: Delete", "must retain journals"),
    # the privileges and limits of a container
    ("broker.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"),
    ("broker.yaml", "runAsUser: 1883", "runAsUser: 1000", "runAsUser must be 1883"),
    ("broker.yaml", "fsGroup: 1883", "fsGroup: 0", "fsGroup must be 1883"),
    ("broker.yaml", "type: RuntimeDefault", "type: Unconfined", "seccompProfile"),
    ("broker.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "readOnlyRoot"),
    ("broker.yaml", "drop: [ALL]", "drop: [NET_RAW]", "capabilities must drop ALL"),
    ("device.yaml", "Escalation: false", "Escalation: true", "allowPrivilegeEscalation"),
    ("device.yaml", "AccountToken: false", "AccountToken: true", "automountServiceAccountToken"),
    ("broker.yaml", "limits:\n              memory: 128Mi", "limits:\n              memory: 256Mi",
     "a broker gets 128Mi"),
    ("device.yaml", "limits:\n              memory: 16Mi", "limits:\n              memory: 8Mi",
     "requests more memory than its limit"),
    # probes
    ("broker.yaml", "livenessProbe:\n            tcpSocket:\n              port: mqtt",
     "livenessProbe:\n            exec:\n              command: [mongo-store, count]",
     "livenessProbe must ask MQTT's port"),
    ("broker.yaml", "livenessProbe:\n            tcpSocket:\n              port: mqtt",
     "livenessProbe:\n            tcpSocket:\n              port: http", "has no port http"),
    ("broker.yaml", "[broker-health]", "[mongo-store, count]", "readinessProbe must run broker-health"),
    # reachability
    ("network-policies.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: [Egress]",
     "Deployment mqtt/device lets another pod of the namespace in on port 1883"),
    ("network-policies.yaml", "podSelector:\n    matchLabels:\n      stores-in-mongodb: \"true\"",
     "podSelector: {}",
     "Deployment mqtt/device may connect to port 27017 of the database, and should not"),
    ("network-policies.yaml", "port: 1883", "port: 8883",
     "Deployment mqtt/device doesn't reach TCP port 1883 of StatefulSet mqtt/broker"),
    ("network-policies.yaml", "- podSelector:\n            matchLabels:\n              app.kubernetes.io"
     "/name: device", "- podSelector: {}", "StatefulSet mqtt/broker lets another pod of the namespace in on port 1883"),
    ("network-policies.yaml", "protocol: UDP", "protocol: TCP", "doesn't reach UDP port 53"),
    ("network-policies.yaml", "port: 27017", "port: 27018",
     "StatefulSet mqtt/broker doesn't reach TCP port 27017 of the database"),
    ("database/network-policy.yaml", "          podSelector:\n            matchLabels:\n"
     "              stores-in-mongodb: \"true\"\n", "",
     "the database lets Deployment mqtt/device in on port 27017, and should not"),
    # the database
    ("database/mongo.yaml", "size: 3", "size: 4", "an odd number from 3 on"),
    ("database/mongo.yaml", "size: 3", "size: 5", "MONGO_STORE_MONGO_URI isn't the database's"),
    ("database/mongo.yaml", "name: mongo\n", "name: db\n", "MONGO_STORE_MONGO_URI isn't"),
    ("database/mongo.yaml", "- name: mongogw\n      db", "- name: other\n      db", "has no user"),
    ("database/mongo.yaml", "- name: readWrite", "- name: read", "has no role readWrite on mongogw"),
    ("database/mongo.yaml", "db: mongogw\n      password", "db: admin\n      password", "known to admin"),
    ("database/mongo.yaml", "key: password", "key: pwd", "comes from key pwd"),
    ("database/mongo.yaml", "    image: percona/percona-backup", "    #", "backup.image are required"),
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "old", "new", "problem"), MUTATIONS,
                         ids=[f"{mutation[0]}-{index}" for index, mutation in enumerate(MUTATIONS)])
def test_an_object_that_breaks_a_rule_is_refused(program, folder, name, old, new, problem):
    replace(folder, name, old, new)
    result = check(program, folder)
    assert result.returncode == 1
    assert problem in result.stdout, result.stdout + result.stderr


def test_a_file_that_is_no_yaml_or_is_missing_is_refused(program, folder):
    (folder / "device.yaml").unlink()
    result = check(program, folder)
    assert result.returncode == 1
    assert "device.yaml" in result.stderr


def test_an_overlay_gives_registry_and_tag(program, folder):
    overlay = folder.parent / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        "resources: [../kubernetes]\nimages:\n"
        "  - name: mosquitto-mongo-store/broker\n"
        "    newName: registry.example.com/mosquitto-mongo-store/broker\n    newTag: '1.2'\n")
    result = subprocess.run([program, "--render", overlay], text=True, capture_output=True, check=True)
    images = [line.split("image: ")[1] for line in result.stdout.splitlines() if "image: " in line]
    assert sorted(images) == ["mosquitto-mongo-store/device-sim:latest",
                              "registry.example.com/mosquitto-mongo-store/broker:1.2"]
