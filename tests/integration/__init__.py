"""Tests on the real Pulumi engine and a real API server."""
