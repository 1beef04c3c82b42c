// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

package main

import (
	"fmt"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// render does the same as `kubectl kustomize FOLDER`.
func render(folder string) ([]*resource.Resource, error) {
	kustomizer := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
	rendered, err := kustomizer.Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return rendered.Resources(), nil
}

func printRendered(folders []string) error {
	for _, folder := range folders {
		objects, err := render(folder)
		if err != nil {
			return err
		}
		for _, object := range objects {
			text, err := object.AsYAML()
			if err != nil {
				return err
			}
			fmt.Printf("---\n%s", text)
		}
	}
	return nil
}
