"""What can be decided without a server: mocks, properties, golden files."""
