"""The benchmarks: what they run, what they keep, and what they say of it."""
