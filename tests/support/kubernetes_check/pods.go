// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

func checkPodForm(workload Workload, report *Report) {
	pod := workload.template
	if workload.selector != nil && !selects(workload.selector, pod.Labels) {
		report.add(workload, "its selector doesn't match the labels of its pods")
	}
	for _, spread := range pod.Spec.TopologySpreadConstraints {
		if !selects(spread.LabelSelector, pod.Labels) {
			report.add(workload, "topologySpreadConstraints select other pods than its own")
		}
	}
	checkMounts(workload, report)
	for _, container := range pod.Spec.Containers {
		memory, hasLimit := container.Resources.Limits[corev1.ResourceMemory]
		request := container.Resources.Requests[corev1.ResourceMemory]
		if !hasLimit {
			report.add(workload, "container %s has no memory limit", container.Name)
		} else if request.Cmp(memory) > 0 {
			report.add(workload, "container %s requests more memory than its limit", container.Name)
		}
		if container.Resources.Requests.Cpu().IsZero() {
			report.add(workload, "container %s requests no CPU", container.Name)
		}
	}
}

func checkMounts(workload Workload, report *Report) {
	unused := map[string]bool{}
	for _, volume := range workload.template.Spec.Volumes {
		unused[volume.Name] = true
	}
	for _, claim := range workload.claims {
		unused[claim.Name] = true
	}
	mounted := map[string]bool{}
	for _, container := range workload.template.Spec.Containers {
		paths := map[string]bool{}
		for _, mount := range container.VolumeMounts {
			if _, isThere := unused[mount.Name]; !isThere {
				report.add(workload, "volumeMount %s: there is no such volume", mount.Name)
			}
			if !path.IsAbs(mount.MountPath) || paths[mount.MountPath] {
				report.add(workload, "mountPath %s is relative, or used twice", mount.MountPath)
			}
			paths[mount.MountPath] = true
			mounted[mount.Name] = true
		}
	}
	for name := range unused {
		if !mounted[name] {
			report.add(workload, "volume %s is mounted nowhere", name)
		}
	}
}

func checkSecurity(workload Workload, report *Report) {
	pod := workload.template.Spec
	context := ptr.Deref(pod.SecurityContext, corev1.PodSecurityContext{})
	require := func(isRight bool, rule string) {
		if !isRight {
			report.add(workload, "%s", rule)
		}
	}
	require(ptr.Deref(context.RunAsNonRoot, false), "runAsNonRoot must be true")
	require(ptr.Deref(context.RunAsUser, 0) == 1883, "runAsUser must be 1883, the image's")
	require(context.SeccompProfile != nil &&
		context.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"seccompProfile must be RuntimeDefault")
	require(!ptr.Deref(pod.EnableServiceLinks, true), "enableServiceLinks must be false")
	require(!ptr.Deref(pod.AutomountServiceAccountToken, true),
		"automountServiceAccountToken must be false")
	require(!pod.HostNetwork && !pod.HostPID && !pod.HostIPC, "no name space of the host")
	hasClaim := len(workload.claims) > 0
	for _, volume := range pod.Volumes {
		require(volume.HostPath == nil, "no folder of the host")
		hasClaim = hasClaim || volume.PersistentVolumeClaim != nil
	}
	require(!hasClaim || ptr.Deref(context.FSGroup, 0) == 1883,
		"fsGroup must be 1883, or the broker can't write its journal")
	for _, container := range append(pod.InitContainers, pod.Containers...) {
		inner := ptr.Deref(container.SecurityContext, corev1.SecurityContext{})
		require(!ptr.Deref(inner.AllowPrivilegeEscalation, true), "allowPrivilegeEscalation must be false")
		require(!ptr.Deref(inner.Privileged, false), "privileged must be false")
		require(ptr.Deref(inner.ReadOnlyRootFilesystem, false), "readOnlyRootFilesystem must be true")
		capabilities := ptr.Deref(inner.Capabilities, corev1.Capabilities{})
		require(len(capabilities.Add) == 0 && len(capabilities.Drop) == 1 &&
			capabilities.Drop[0] == "ALL", "capabilities must drop ALL")
		require(inner.RunAsUser == nil && inner.RunAsNonRoot == nil && inner.SeccompProfile == nil,
			"a container must not alter its pod's user or seccomp profile")
	}
}

// checkProbes: a broker is ready if MQTT answers, and alive if it accepts connections. A probe that
// asked for more would kill brokers whose database is unavailable.
func checkProbes(workload Workload, report *Report) {
	pod := workload.template.Spec
	for _, container := range pod.Containers {
		probes := map[string]*corev1.Probe{"startupProbe": container.StartupProbe,
			"readinessProbe": container.ReadinessProbe, "livenessProbe": container.LivenessProbe}
		for name, probe := range probes {
			switch {
			case probe == nil:
				if workload.isBroker() {
					report.add(workload, "%s is missing", name)
				}
			case name == "readinessProbe":
				if probe.Exec == nil || !slices.Equal(probe.Exec.Command, []string{"broker-health"}) {
					report.add(workload, "%s must run broker-health and nothing else", name)
				}
			case probe.TCPSocket == nil || probe.Exec != nil || probe.HTTPGet != nil || probe.GRPC != nil:
				report.add(workload, "%s must ask MQTT's port (tcpSocket) and nothing else", name)
			case !hasPort(pod, probe.TCPSocket.Port.StrVal, probe.TCPSocket.Port.IntVal):
				report.add(workload, "%s: the container has no port %s", name, probe.TCPSocket.Port.String())
			}
		}
	}
}
