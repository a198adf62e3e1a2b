"""Tests that need no engine, no cluster and no network."""
