"""Every test of the project; `python -m tests` runs them layer by layer."""
