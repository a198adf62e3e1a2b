// Custom resource definitions of what a stack can declare beside Kubernetes' own kinds: files only, nothing is built.
module tempostack/sandbox/tools/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/openshift/api v0.0.0-20260130140113-71e91db96ffc
	sigs.k8s.io/gateway-api v1.5.1
)
