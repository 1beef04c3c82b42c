// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const replicaSetSizeMin = 3

// PerconaServerMongoDB has the fields of psmdb.percona.com/v1 that this project uses, with the
// names and types of the operator's definition. Other fields are refused. The operator's Go types
// aren't available from the module proxy.
type PerconaServerMongoDB struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		CrVersion      string `json:"crVersion"`
		Image          string `json:"image"`
		UpdateStrategy string `json:"updateStrategy"`
		UpgradeOptions struct {
			Apply    string `json:"apply"`
			Schedule string `json:"schedule"`
		} `json:"upgradeOptions"`
		Secrets struct {
			Users string `json:"users"`
		} `json:"secrets"`
		Users    []DatabaseUser `json:"users"`
		Replsets []ReplicaSet   `json:"replsets"`
		Sharding struct {
			Enabled bool `json:"enabled"`
		} `json:"sharding"`
		Backup struct {
			Enabled bool   `json:"enabled"`
			Image   string `json:"image"`
		} `json:"backup"`
	} `json:"spec"`
}

// DatabaseUser is a user that the operator creates.
type DatabaseUser struct {
	Name              string `json:"name"`
	DB                string `json:"db"`
	PasswordSecretRef struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	} `json:"passwordSecretRef"`
	Roles []DatabaseRole `json:"roles"`
}

// DatabaseRole is a role of a user in one database.
type DatabaseRole struct {
	Name string `json:"name"`
	DB   string `json:"db"`
}

// ReplicaSet is one set of mongods.
type ReplicaSet struct {
	Name     string `json:"name"`
	Size     int32  `json:"size"`
	Affinity struct {
		AntiAffinityTopologyKey string `json:"antiAffinityTopologyKey"`
	} `json:"affinity"`
	PodDisruptionBudget struct {
		MaxUnavailable int32 `json:"maxUnavailable"`
	} `json:"podDisruptionBudget"`
	Resources  corev1.ResourceRequirements `json:"resources"`
	VolumeSpec struct {
		PersistentVolumeClaim corev1.PersistentVolumeClaimSpec `json:"persistentVolumeClaim"`
	} `json:"volumeSpec"`
}

// host returns the operator's name for a member.
func (d PerconaServerMongoDB) host(set ReplicaSet, index int32) string {
	service := d.Name + "-" + set.Name
	return fmt.Sprintf("%s-%d.%s.%s.svc.cluster.local:27017", service, index, service, d.Namespace)
}

func (p *Platform) checkDatabases(options Options, report *Report) {
	for _, database := range p.databases {
		place := Place{"PerconaServerMongoDB", database.Namespace, database.Name}
		if database.Spec.CrVersion == "" || database.Spec.Image == "" || database.Spec.Backup.Image == "" {
			report.add(place, "crVersion, image and backup.image are required")
		}
		for _, set := range database.Spec.Replsets {
			if set.Size < replicaSetSizeMin || set.Size%2 == 0 {
				report.add(place, "%s has %d members: an odd number from %d on", set.Name, set.Size,
					replicaSetSizeMin)
			}
			if isCollision(database.Name + "-" + set.Name) {
				report.add(place, "its Service %s-%s makes variables that look like options of the plugin",
					database.Name, set.Name)
			}
			if set.VolumeSpec.PersistentVolumeClaim.Resources.Requests.Storage().IsZero() {
				report.add(place, "%s requests no storage", set.Name)
			}
		}
		for _, workload := range p.workloads {
			for _, container := range workload.template.Spec.Containers {
				given := p.environment(workload, container, &Report{})
				if given[passwordFileOption] != "" {
					database.checkClient(workload, container, withDefaults(given, options), report)
				}
			}
		}
	}
}

// checkClient checks that a container that stores connects to this database as one of its users.
func (d PerconaServerMongoDB) checkClient(workload Workload, container corev1.Container, chosen map[string]string, report *Report) {
	set := d.Spec.Replsets[0]
	hosts := make([]string, 0, set.Size)
	for index := int32(0); index < set.Size; index++ {
		hosts = append(hosts, d.host(set, index))
	}
	wanted := "mongodb://" + strings.Join(hosts, ",") + "/?replicaSet=" + set.Name
	if chosen["MONGO_STORE_MONGO_URI"] != wanted {
		report.add(workload, "MONGO_STORE_MONGO_URI isn't the database's, %s", wanted)
	}
	for _, user := range d.Spec.Users {
		if user.Name == chosen["MONGO_STORE_MONGO_USER"] {
			d.checkUser(user, workload, container, chosen, report)
			return
		}
	}
	report.add(workload, "the database has no user %q", chosen["MONGO_STORE_MONGO_USER"])
}

func (d PerconaServerMongoDB) checkUser(user DatabaseUser, workload Workload, container corev1.Container, chosen map[string]string, report *Report) {
	place := Place{"PerconaServerMongoDB", d.Namespace, d.Name}
	if user.DB != chosen["MONGO_STORE_DATABASE"] {
		report.add(place, "user %s is known to %s; the plugin asks %s", user.Name, user.DB,
			chosen["MONGO_STORE_DATABASE"])
	}
	mayWrite := false
	for _, role := range user.Roles {
		mayWrite = mayWrite || role == DatabaseRole{"readWrite", chosen["MONGO_STORE_DATABASE"]}
	}
	if !mayWrite {
		report.add(place, "user %s has no role readWrite on %s", user.Name, chosen["MONGO_STORE_DATABASE"])
	}
	file := chosen[passwordFileOption]
	secret := mountSources(workload, container)[path.Dir(file)].secret
	if secret == nil || secret.SecretName != user.PasswordSecretRef.Name ||
		path.Base(file) != user.PasswordSecretRef.Key {
		report.add(place, "the password of user %s comes from key %s of Secret %s, the broker's from %s",
			user.Name, user.PasswordSecretRef.Key, user.PasswordSecretRef.Name, file)
	}
}
