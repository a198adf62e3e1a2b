"""What tests of the data plane share."""
