"""Everything that is tested: unit, engine, cluster, dataplane; `python -m tests` runs the layers in order."""
