// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	names "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (p *Platform) checkNames(report *Report) {
	namespaces := map[string]bool{"mongodb": true} // created with the operator
	for _, namespace := range p.namespaces {
		namespaces[namespace.Name] = true
	}
	seen := map[Place]bool{}
	for _, object := range p.metas {
		if seen[object.Place] {
			report.add(object, "is defined twice")
		}
		seen[object.Place] = true
		for _, problem := range names.IsDNS1123Subdomain(object.name) {
			report.add(object, "name: %s", problem)
		}
		for _, problem := range validation.ValidateLabels(object.meta.Labels, field.NewPath("labels")) {
			report.add(object, "%v", problem)
		}
		if object.kind != "Namespace" && !namespaces[object.namespace] {
			report.add(object, "there is no namespace %q", object.namespace)
		}
	}
}

// selects reports whether a selector matches the labels. An absent selector matches nothing.
func selects(selector *metav1.LabelSelector, set map[string]string) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}

func (p *Platform) selected(selector map[string]string, namespace string) []Workload {
	var found []Workload
	for _, workload := range p.workloads {
		if workload.namespace == namespace && len(selector) > 0 &&
			labels.SelectorFromSet(selector).Matches(labels.Set(workload.template.Labels)) {
			found = append(found, workload)
		}
	}
	return found
}

// isCollision reports whether the variables that Kubernetes derives from a service's name, such as
// <NAME>_SERVICE_HOST, could be mistaken for options of the plugin.
func isCollision(service string) bool {
	return strings.HasPrefix(variableName(service)+"_", optionPrefix)
}

func variableName(service string) string {
	return strings.ToUpper(strings.ReplaceAll(service, "-", "_"))
}

func hasPort(pod corev1.PodSpec, name string, number int32) bool {
	for _, container := range pod.Containers {
		for _, port := range container.Ports {
			if (name != "" && port.Name == name) || (name == "" && port.ContainerPort == number) {
				return true
			}
		}
	}
	return false
}
