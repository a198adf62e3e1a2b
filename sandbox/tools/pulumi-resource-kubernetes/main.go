// The official Kubernetes provider as an executable: its own `cmd` embeds files that its module does not carry.
package main

import (
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	schema := `{"name":"kubernetes","version":"` + version.Version + `"}`
	provider.Serve("kubernetes", version.Version, []byte(schema), []byte("{}"))
}
