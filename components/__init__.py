"""Declares the Kubernetes objects of a stack, as Pulumi components; every number is the plan's."""
