// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Peer is a pod as policies see it.
type Peer struct {
	name, namespace string
	labels          map[string]string
}

func (p Peer) String() string { return "NetworkPolicies" }

var (
	database    = Peer{"the database", "mongodb", map[string]string{"app.kubernetes.io/name": "percona-server-mongodb"}}
	nameService = Peer{"the name service", "kube-system", map[string]string{"k8s-app": "kube-dns"}}
	neighbour   = Peer{"another pod of the namespace", "mqtt", map[string]string{"app.kubernetes.io/name": "other"}}
	stranger    = Peer{"a pod of another namespace", "default", map[string]string{"app.kubernetes.io/name": "broker"}}
)

// checkPolicies evaluates which pods can reach each other, and compares that with the intention.
func (p *Platform) checkPolicies(report *Report) {
	p.checkPolicySelectors(report)
	for _, workload := range p.workloads {
		peer := Peer{workload.String(), workload.namespace, workload.template.Labels}
		isDevice := workload.kind == "Deployment"
		p.expect(report, peer, nameService, corev1.ProtocolUDP, 53, true)
		p.expect(report, peer, nameService, corev1.ProtocolTCP, 53, true)
		p.expect(report, peer, database, corev1.ProtocolTCP, 27017, !isDevice)
		p.expect(report, peer, database, corev1.ProtocolTCP, 22, false)
		p.expect(report, peer, stranger, corev1.ProtocolTCP, 443, false)
		for _, other := range []Peer{neighbour, stranger} {
			p.expect(report, other, peer, corev1.ProtocolTCP, mqttPort, false)
		}
		for _, broker := range p.workloads {
			if broker.isBroker() && broker.Place != workload.Place {
				target := Peer{broker.String(), broker.namespace, broker.template.Labels}
				p.expect(report, peer, target, corev1.ProtocolTCP, mqttPort, isDevice)
				p.expect(report, peer, target, corev1.ProtocolTCP, 22, false)
			}
		}
	}
	for _, other := range []Peer{neighbour, stranger} {
		p.expect(report, other, database, corev1.ProtocolTCP, 27017, false)
	}
	p.expect(report, database, database, corev1.ProtocolTCP, 27017, true)
}

func (p *Platform) checkPolicySelectors(report *Report) {
	for _, policy := range p.policies {
		isUsed := selects(&policy.Spec.PodSelector, database.labels) && policy.Namespace == database.namespace
		for _, workload := range p.workloads {
			isUsed = isUsed || (workload.namespace == policy.Namespace &&
				selects(&policy.Spec.PodSelector, workload.template.Labels))
		}
		if !isUsed {
			report.add(Place{"NetworkPolicy", policy.Namespace, policy.Name}, "its selector matches no pods")
		}
	}
}

// expect requires that both ends allow wanted traffic. Unwanted traffic must be stopped at each end
// that belongs to this project, because one policy could otherwise hide a hole in another.
func (p *Platform) expect(report *Report, from, to Peer, protocol corev1.Protocol, port int32, isWanted bool) {
	mayLeave := p.isAllowed(networkingv1.PolicyTypeEgress, from, to, protocol, port)
	mayEnter := p.isAllowed(networkingv1.PolicyTypeIngress, to, from, protocol, port)
	switch {
	case isWanted && !(mayLeave && mayEnter):
		report.add(from, "%s doesn't reach %s port %d of %s", from.name, protocol, port, to.name)
	case !isWanted && mayLeave && from.isOurs():
		report.add(from, "%s may connect to port %d of %s, and should not", from.name, port, to.name)
	case !isWanted && mayEnter && to.isOurs():
		report.add(from, "%s lets %s in on port %d, and should not", to.name, from.name, port)
	}
}

func (p Peer) isOurs() bool { return p.namespace == "mqtt" || p.namespace == database.namespace }

// isAllowed implements Kubernetes' rule: a pod that no policy for the direction selects allows
// everything. Any other pod allows whatever at least one rule names.
func (p *Platform) isAllowed(direction networkingv1.PolicyType, pod, other Peer, protocol corev1.Protocol, port int32) bool {
	isSelected := false
	for _, policy := range p.policies {
		if policy.Namespace != pod.namespace || !selects(&policy.Spec.PodSelector, pod.labels) ||
			!hasDirection(policy, direction) {
			continue
		}
		isSelected = true
		for _, rule := range rulesOf(policy, direction) {
			if rule.opens(policy.Namespace, other, protocol, port) {
				return true
			}
		}
	}
	return !isSelected
}

func hasDirection(policy networkingv1.NetworkPolicy, direction networkingv1.PolicyType) bool {
	for _, given := range policy.Spec.PolicyTypes {
		if given == direction {
			return true
		}
	}
	return false
}

type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func rulesOf(policy networkingv1.NetworkPolicy, direction networkingv1.PolicyType) []rule {
	var rules []rule
	if direction == networkingv1.PolicyTypeEgress {
		for _, given := range policy.Spec.Egress {
			rules = append(rules, rule{given.To, given.Ports})
		}
		return rules
	}
	for _, given := range policy.Spec.Ingress {
		rules = append(rules, rule{given.From, given.Ports})
	}
	return rules
}

func (r rule) opens(namespace string, other Peer, protocol corev1.Protocol, port int32) bool {
	return r.hasPeer(namespace, other) && r.hasPort(protocol, port)
}

func (r rule) hasPeer(namespace string, other Peer) bool {
	if len(r.peers) == 0 {
		return true
	}
	everything := &metav1.LabelSelector{}
	for _, peer := range r.peers {
		isThere := other.namespace == namespace
		if peer.NamespaceSelector != nil {
			isThere = selects(peer.NamespaceSelector,
				map[string]string{"kubernetes.io/metadata.name": other.namespace})
		}
		pods := peer.PodSelector
		if pods == nil {
			pods = everything
		}
		if peer.IPBlock == nil && isThere && selects(pods, other.labels) {
			return true
		}
	}
	return false
}

func (r rule) hasPort(protocol corev1.Protocol, port int32) bool {
	if len(r.ports) == 0 {
		return true
	}
	for _, given := range r.ports {
		if ptr.Deref(given.Protocol, corev1.ProtocolTCP) == protocol &&
			(given.Port == nil || given.Port.IntVal == port) {
			return true
		}
	}
	return false
}
