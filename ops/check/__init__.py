"""`check`: the findings of many files in one run, for CI."""
