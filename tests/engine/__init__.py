"""Tests of the real Pulumi engine against the real API server."""
