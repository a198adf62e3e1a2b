"""Every table that a page has from the code, by the name in its markers."""

from collections.abc import Callable, Mapping

from ops.pages import findings, limits, network, pods, sharing, sizing, tempo_config, tuning, words

TABLES: Mapping[str, Callable[[], str]] = {
    "weights": sharing.weights,
    "enough": sharing.enough,
    "floors": sharing.floors,
    "sizes": sizing.sizes,
    "full replicas": sizing.full_replicas,
    "figures of a load": sizing.general,
    "measured costs": sizing.measured_costs,
    "presets": sizing.presets,
    "findings": findings.codes_of_findings,
    "limits": limits.limits,
    "searches": tempo_config.searches,
    "sections": tempo_config.sections,
    "settings": tuning.settings,
    "memory of own values": tuning.memory_of_own_values,
    "bounds of own values": tuning.bounds_of_own_values,
    "graces": pods.graces,
    "flows": network.flows,
    "peers": network.peers,
    "sources": words.sources,
    "actions": words.actions,
}
