// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

const mqttPort = 1883

func servicePlace(service corev1.Service) Place {
	return Place{"Service", service.Namespace, service.Name}
}

func (p *Platform) checkServices(report *Report) {
	for _, service := range p.services {
		place := servicePlace(service)
		if isCollision(service.Name) {
			report.add(place, "Kubernetes makes variables %s_SERVICE_HOST and others of its name, which "+
				"look like options of the plugin", variableName(service.Name))
		}
		behind := p.selected(service.Spec.Selector, service.Namespace)
		if len(behind) == 0 {
			report.add(place, "its selector matches no pods")
		}
		for _, port := range service.Spec.Ports {
			target := port.TargetPort
			if target.StrVal == "" && target.IntVal == 0 {
				target.IntVal = port.Port
			}
			for _, workload := range behind {
				if !hasPort(workload.template.Spec, target.StrVal, target.IntVal) {
					report.add(place, "targetPort %s: %s has no such port", target.String(), workload)
				}
			}
		}
	}
}

func (p *Platform) checkStatefulSets(report *Report) {
	for _, set := range p.sets {
		place := Place{"StatefulSet", set.Namespace, set.Name}
		retention := ptr.Deref(set.Spec.PersistentVolumeClaimRetentionPolicy,
			appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
		if retention.WhenDeleted != appsv1.RetainPersistentVolumeClaimRetentionPolicyType ||
			retention.WhenScaled != appsv1.RetainPersistentVolumeClaimRetentionPolicyType {
			report.add(place, "persistentVolumeClaimRetentionPolicy must retain journals in both cases")
		}
		isHeadless := false
		for _, service := range p.services {
			isHeadless = isHeadless || (service.Namespace == set.Namespace &&
				service.Name == set.Spec.ServiceName && service.Spec.ClusterIP == corev1.ClusterIPNone)
		}
		if !isHeadless {
			report.add(place, "serviceName %q: there is no headless Service of that name",
				set.Spec.ServiceName)
		}
	}
}

func (p *Platform) checkDisruptionBudgets(report *Report) {
	guarded := map[Place]bool{}
	for _, budget := range p.budgets {
		place := Place{"PodDisruptionBudget", budget.Namespace, budget.Name}
		isUsed := false
		for _, workload := range p.workloads {
			if workload.namespace == budget.Namespace && selects(budget.Spec.Selector, workload.template.Labels) {
				guarded[workload.Place], isUsed = true, true
			}
		}
		if !isUsed {
			report.add(place, "its selector matches no pods")
		}
		if budget.Spec.MaxUnavailable == nil || budget.Spec.MaxUnavailable.String() != "1" {
			report.add(place, "maxUnavailable must be 1: one broker at a time, and no node that can't be drained")
		}
	}
	for _, workload := range p.workloads {
		if workload.isBroker() && !guarded[workload.Place] {
			report.add(workload, "has no PodDisruptionBudget")
		}
	}
}

// checkDevices checks that -b in a container's arguments names a Service that leads to brokers.
func (p *Platform) checkDevices(report *Report) {
	for _, workload := range p.workloads {
		for _, container := range workload.template.Spec.Containers {
			for index, argument := range container.Args {
				if argument != "-b" {
					continue
				}
				if index+1 == len(container.Args) || !p.isVIP(container.Args[index+1], workload.namespace) {
					report.add(workload, "-b names no Service that leads to port %d of brokers", mqttPort)
				}
			}
		}
	}
}

func (p *Platform) isVIP(name, namespace string) bool {
	for _, service := range p.services {
		if service.Name != name || service.Namespace != namespace ||
			service.Spec.ClusterIP == corev1.ClusterIPNone {
			continue
		}
		for _, port := range service.Spec.Ports {
			if port.Port == mqttPort {
				return true
			}
		}
	}
	return false
}
