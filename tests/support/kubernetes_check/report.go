// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import "fmt"

// Report collects problems in the order in which they are found.
type Report struct{ problems []string }

func (r *Report) add(place fmt.Stringer, format string, arguments ...any) {
	r.problems = append(r.problems, place.String()+": "+fmt.Sprintf(format, arguments...))
}

// Place names an object. Each line of a report begins with one.
type Place struct{ kind, namespace, name string }

func (p Place) String() string { return fmt.Sprintf("%s %s/%s", p.kind, p.namespace, p.name) }
