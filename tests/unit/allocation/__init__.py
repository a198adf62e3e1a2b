"""Tests of the allocation."""
