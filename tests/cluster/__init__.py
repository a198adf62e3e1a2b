"""Tests on the real API server, whose nodes and pods are simulated."""
