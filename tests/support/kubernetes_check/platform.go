// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/resource"
)

// Workload is any object that creates pods.
type Workload struct {
	Place
	selector *metav1.LabelSelector // nil for a Job, which creates its own
	template corev1.PodTemplateSpec
	claims   []corev1.PersistentVolumeClaim
}

func (w Workload) isBroker() bool { return w.kind == "StatefulSet" }

// Platform holds the objects of all folders.
type Platform struct {
	count      int
	metas      []objectMeta
	workloads  []Workload
	sets       []appsv1.StatefulSet
	namespaces []corev1.Namespace
	configMaps []corev1.ConfigMap
	services   []corev1.Service
	policies   []networkingv1.NetworkPolicy
	budgets    []policyv1.PodDisruptionBudget
	databases  []PerconaServerMongoDB
}

type objectMeta struct {
	Place
	meta metav1.ObjectMeta
}

// decode refuses unknown fields, fields in another case, and repeated fields.
func decode[T any](text []byte, place Place, report *Report) (T, bool) {
	var object T
	strict, err := kjson.UnmarshalStrict(text, &object)
	if err != nil {
		strict = append(strict, err)
	}
	for _, problem := range strict {
		report.add(place, "%v", problem)
	}
	return object, len(strict) == 0
}

// add decodes one object by its kind.
func (p *Platform) add(object *resource.Resource, report *Report) {
	p.count++
	place := Place{object.GetKind(), object.GetNamespace(), object.GetName()}
	text, err := object.MarshalJSON()
	if err != nil {
		report.add(place, "%v", err)
		return
	}
	var meta metav1.ObjectMeta
	switch object.GetApiVersion() + " " + object.GetKind() {
	case "v1 Namespace":
		meta = keep(text, place, report, &p.namespaces).ObjectMeta
	case "v1 ConfigMap":
		meta = keep(text, place, report, &p.configMaps).ObjectMeta
	case "v1 Service":
		meta = keep(text, place, report, &p.services).ObjectMeta
	case "networking.k8s.io/v1 NetworkPolicy":
		meta = keep(text, place, report, &p.policies).ObjectMeta
	case "policy/v1 PodDisruptionBudget":
		meta = keep(text, place, report, &p.budgets).ObjectMeta
	case "psmdb.percona.com/v1 PerconaServerMongoDB":
		meta = keep(text, place, report, &p.databases).ObjectMeta
	case "apps/v1 StatefulSet":
		set := keep(text, place, report, &p.sets)
		p.workloads = append(p.workloads,
			Workload{place, set.Spec.Selector, set.Spec.Template, set.Spec.VolumeClaimTemplates})
		meta = set.ObjectMeta
	case "apps/v1 Deployment":
		if deployment, isRight := decode[appsv1.Deployment](text, place, report); isRight {
			p.workloads = append(p.workloads,
				Workload{place, deployment.Spec.Selector, deployment.Spec.Template, nil})
			meta = deployment.ObjectMeta
		}
	case "batch/v1 Job":
		if job, isRight := decode[batchv1.Job](text, place, report); isRight {
			p.workloads = append(p.workloads, Workload{place, nil, job.Spec.Template, nil})
			meta = job.ObjectMeta
		}
	default:
		report.add(place, "%s is no kind that this project uses", object.GetApiVersion())
	}
	p.metas = append(p.metas, objectMeta{place, meta})
}

func keep[T any](text []byte, place Place, report *Report, list *[]T) T {
	object, isRight := decode[T](text, place, report)
	if isRight {
		*list = append(*list, object)
	}
	return object
}
