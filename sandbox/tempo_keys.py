"""Prints settings/tempo_keys.yaml: every key that the pinned Tempo reads from its configuration, with its type.

They are read off the structs that Tempo itself parses into (sandbox/tools/tempo/keys), so none is missing or invented.
"""

import json

import yaml

from sandbox.build import go_run
from sandbox.catalog import TEMPO_VERSION

ROOT = "cmd/tempo/app.Config"
# Sections of components that no TempoStack runs: known, and nothing below them.
NOT_RUN = (
    *("backend_scheduler", "backend_scheduler_client", "backend_worker", "block_builder", "ingest", "live_store"),
    *("live_store_client", "metrics_generator", "metrics_generator_client", "partition_ring_live_store"),
)
HEADER = f"""\
# The keys of Tempo {TEMPO_VERSION}'s configuration, by the struct of its source that has them: key -> type.
# A type is a word of Go's, or of Tempo's own (duration, prometheus duration, bytes, secret, time, log level), or the
# name of a struct; `[]` is a list of it, `map:` any keys with it below them.
# Made by `python -m sandbox.tempo_keys > settings/tempo_keys.yaml`; do not edit.
"""

Structs = dict[str, dict[str, str]]


def table(structs: Structs) -> dict[str, object]:
    """What the file holds: the structs that the sections of a TempoStack's components lead to."""
    root = {key: "any" if key in NOT_RUN else kind for key, kind in structs[ROOT].items()}
    found: Structs = {}
    _collect(root, structs, found)
    return {"version": TEMPO_VERSION.removeprefix("v"), "root": root, "structs": dict(sorted(found.items()))}


def _collect(keys: dict[str, str], structs: Structs, found: Structs) -> None:
    for kind in keys.values():
        name = kind.removeprefix("map:").removeprefix("[]")
        if name in structs and name not in found:
            found[name] = structs[name]
            _collect(structs[name], structs, found)


def main() -> None:
    structs: Structs = json.loads(go_run("tempo", "./keys"))
    print(HEADER + yaml.safe_dump(table(structs), width=120, default_flow_style=None), end="")


if __name__ == "__main__":
    main()
