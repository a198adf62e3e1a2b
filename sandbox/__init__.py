"""A local Kubernetes control plane, a Pulumi engine and a Tempo data plane, for `make up` and the tests."""
