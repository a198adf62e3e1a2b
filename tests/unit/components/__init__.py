"""Tests of the components, on mocks."""
