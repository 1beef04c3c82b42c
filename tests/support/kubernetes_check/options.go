// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

const optionPrefix = "MONGO_STORE_"

// Options maps the plugin's options, by their environment variables, to their defaults. An option
// without a default is empty.
type Options map[string]string

var (
	environmentLine = regexp.MustCompile("(?m)^- Environment: `(\\w+)`$")
	defaultLine     = regexp.MustCompile("(?m)^- Default: `(.*)`$")
)

// readOptions reads the document that is generated from the plugin's table of options.
func readOptions(document string) (Options, error) {
	text, err := os.ReadFile(document)
	if err != nil {
		return nil, err
	}
	options := Options{}
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		name := environmentLine.FindStringSubmatch(section)
		if name == nil {
			return nil, fmt.Errorf("%s: a section names no variable: %.40q", document, section)
		}
		options[name[1]] = ""
		if value := defaultLine.FindStringSubmatch(section); value != nil {
			options[name[1]] = value[1]
		}
	}
	if len(options) == 0 {
		return nil, fmt.Errorf("%s names no option", document)
	}
	return options, nil
}
