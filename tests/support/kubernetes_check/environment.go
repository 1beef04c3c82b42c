// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

const (
	stopMarginMs       = 2000     // the broker closes connections and journal after the drain
	volumeMarginBytes  = 64 << 20 // ready segments, and the file system's overhead
	graceDefaultS      = 30       // Kubernetes' default
	brokerMemoryMax    = "128Mi"
	brokerCPUMax       = "200m"
	worldBits          = 0o007
	passwordFileOption = "MONGO_STORE_MONGO_PASSWORD_FILE"
)

// checkEnvironment checks the plugin's options, and the resources that they need.
func (p *Platform) checkEnvironment(workload Workload, options Options, report *Report) {
	for _, container := range workload.template.Spec.Containers {
		given := p.environment(workload, container, report)
		for name, value := range given {
			_, isKnown := options[name]
			switch {
			case !strings.HasPrefix(name, optionPrefix):
			case !isKnown:
				report.add(workload, "%s is not an option of the plugin", name)
			case name == "MONGO_STORE_MONGO_PASSWORD":
				report.add(workload, "%s: give the password as a file", name)
			case name == "MONGO_STORE_MONGO_URI" && strings.Contains(value, "@"):
				report.add(workload, "%s contains a user: use the separate options for name and password", name)
			}
		}
		if given[passwordFileOption] != "" {
			checkStore(workload, container, withDefaults(given, options), report)
		} else if workload.isBroker() {
			report.add(workload, "%s is missing", passwordFileOption)
		}
	}
}

func withDefaults(given map[string]string, options Options) map[string]string {
	chosen := map[string]string{}
	for name, value := range options {
		chosen[name] = value
	}
	for name, value := range given {
		chosen[name] = value
	}
	return chosen
}

func (p *Platform) environment(workload Workload, container corev1.Container, report *Report) map[string]string {
	given := map[string]string{}
	for _, source := range container.EnvFrom {
		if source.ConfigMapRef == nil {
			report.add(workload, "envFrom: only a ConfigMap is accepted; mount a Secret as a file")
			continue
		}
		isFound := false
		for _, configMap := range p.configMaps {
			if configMap.Namespace != workload.namespace || configMap.Name != source.ConfigMapRef.Name {
				continue
			}
			isFound = true
			for name, value := range configMap.Data {
				given[source.Prefix+name] = value
			}
		}
		if !isFound {
			report.add(workload, "envFrom: there is no ConfigMap %s", source.ConfigMapRef.Name)
		}
	}
	for _, variable := range container.Env {
		given[variable.Name] = variable.Value
	}
	return given
}

// checkStore checks that a container that stores has a journal on a claim, a secret file, and time
// to stop.
func checkStore(workload Workload, container corev1.Container, chosen map[string]string, report *Report) {
	sources := mountSources(workload, container)
	journal, isClaim := sources[chosen["MONGO_STORE_JOURNAL_DIR"]]
	if !isClaim || !journal.isClaim {
		report.add(workload, "no claim is mounted at MONGO_STORE_JOURNAL_DIR, %s",
			chosen["MONGO_STORE_JOURNAL_DIR"])
	}
	bytesMax, err := readBytes(chosen["MONGO_STORE_JOURNAL_MAX_BYTES"])
	if err != nil {
		report.add(workload, "MONGO_STORE_JOURNAL_MAX_BYTES: %v", err)
	} else if journal.bytes > 0 && journal.bytes < bytesMax+volumeMarginBytes {
		report.add(workload, "a claim of %d bytes is too small for a journal of %d", journal.bytes, bytesMax)
	}
	file := chosen[passwordFileOption]
	if secret := sources[path.Dir(file)].secret; secret == nil {
		report.add(workload, "%s is %s: no Secret is mounted there", passwordFileOption, file)
	} else if mode := ptr.Deref(secret.DefaultMode, 0o644); mode&worldBits != 0 {
		report.add(workload, "the Secret's files have mode %#o: others may read them", mode)
	}
	if workload.isBroker() {
		checkBroker(workload, container, chosen, report)
	}
}

func checkBroker(workload Workload, container corev1.Container, chosen map[string]string, report *Report) {
	drainMs, err := strconv.ParseInt(chosen["MONGO_STORE_SHUTDOWN_DRAIN_MS"], 10, 64)
	graceS := ptr.Deref(workload.template.Spec.TerminationGracePeriodSeconds, graceDefaultS)
	if err != nil || graceS*1000 <= drainMs+stopMarginMs {
		report.add(workload, "terminationGracePeriodSeconds %d must be over the drain of %s ms and 2 s",
			graceS, chosen["MONGO_STORE_SHUTDOWN_DRAIN_MS"])
	}
	if container.Resources.Limits.Memory().Cmp(resource.MustParse(brokerMemoryMax)) > 0 ||
		container.Resources.Requests.Cpu().Cmp(resource.MustParse(brokerCPUMax)) > 0 {
		report.add(workload, "a broker gets %s and %s CPU at the most", brokerMemoryMax, brokerCPUMax)
	}
}

// source is the volume that a mount refers to.
type source struct {
	isClaim bool
	bytes   int64 // 0: not known here
	secret  *corev1.SecretVolumeSource
}

func mountSources(workload Workload, container corev1.Container) map[string]source {
	byName := map[string]source{}
	for _, volume := range workload.template.Spec.Volumes {
		byName[volume.Name] = source{isClaim: volume.PersistentVolumeClaim != nil, secret: volume.Secret}
	}
	for _, claim := range workload.claims {
		byName[claim.Name] = source{isClaim: true, bytes: claim.Spec.Resources.Requests.Storage().Value()}
	}
	byPath := map[string]source{}
	for _, mount := range container.VolumeMounts {
		if mount.SubPath == "" { // a file mounted by SubPath isn't updated with its Secret
			byPath[mount.MountPath] = byName[mount.Name]
		}
	}
	return byPath
}

var sizeForm = regexp.MustCompile(`^(\d+)(KiB|MiB|GiB|TiB)?$`)

// readBytes reads a size in the plugin's notation, such as 1GiB.
func readBytes(text string) (int64, error) {
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, strconv.ErrSyntax
	}
	number, err := strconv.ParseInt(parts[1], 10, 64)
	shift := map[string]uint{"": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[parts[2]]
	return number << shift, err
}
