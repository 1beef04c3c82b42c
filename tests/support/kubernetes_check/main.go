// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

// kubernetes-check renders folders with kustomize's library and decodes the result with the types
// of the Kubernetes API, so that an unknown field is an error. It then checks everything against
// the rules of this project, and prints one line for each problem.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	document := flag.String("options", "", "docs/configuration.md, which names the plugin's options")
	isRender := flag.Bool("render", false, "print what the folders render to, and check nothing")
	flag.Parse()
	if flag.NArg() == 0 || (*document == "" && !*isRender) {
		fmt.Fprintln(os.Stderr, "usage: kubernetes-check --options FILE FOLDER... | --render FOLDER...")
		os.Exit(2)
	}
	if *isRender {
		finish(printRendered(flag.Args()))
		return
	}
	problems, count, err := check(*document, flag.Args())
	finish(err)
	for _, problem := range problems {
		fmt.Println(problem)
	}
	fmt.Printf("%d objects, %d problems\n", count, len(problems))
	if len(problems) > 0 || count == 0 {
		os.Exit(1)
	}
}

func finish(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes-check:", err)
		os.Exit(1)
	}
}

func check(document string, folders []string) ([]string, int, error) {
	options, err := readOptions(document)
	if err != nil {
		return nil, 0, err
	}
	report := &Report{}
	platform := &Platform{}
	for _, folder := range folders {
		objects, err := render(folder)
		if err != nil {
			return nil, 0, err
		}
		for _, object := range objects {
			platform.add(object, report)
		}
	}
	if len(report.problems) == 0 { // rules apply only to well-formed objects
		platform.checkAll(options, report)
	}
	return report.problems, platform.count, nil
}

func (p *Platform) checkAll(options Options, report *Report) {
	p.checkNames(report)
	for _, workload := range p.workloads {
		checkPodForm(workload, report)
		checkSecurity(workload, report)
		checkProbes(workload, report)
		p.checkEnvironment(workload, options, report)
	}
	p.checkStatefulSets(report)
	p.checkServices(report)
	p.checkDisruptionBudgets(report)
	p.checkDevices(report)
	p.checkPolicies(report)
	p.checkDatabases(options, report)
}
