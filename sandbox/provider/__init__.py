"""A stand-in for the official Kubernetes provider plugin, for machines that cannot download it."""
