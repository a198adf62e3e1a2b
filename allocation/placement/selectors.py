"""Kubernetes' own matching rules: labels against selectors, nodes against node affinity, taints against tolerations."""

from collections.abc import Iterable, Mapping

from settings.node_pools import Taint
from settings.placement import Affinity, LabelRequirement, LabelSelector, NodeRequirement, NodeSelectorTerm
from settings.pods import Toleration

Labels = Mapping[str, str]


def selects(selector: LabelSelector | None, labels: Labels) -> bool:
    """Whether pods with these labels are selected; without a selector none are, with an empty one all are."""
    if selector is None:
        return False
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _meets(requirement, labels) for requirement in selector.match_expressions
    )


def admits(node_selector: Labels, affinity: Affinity | None, labels: Labels) -> bool:
    """Whether a node with these labels is one that the selector and the required node affinity ask for."""
    if any(labels.get(key) != value for key, value in node_selector.items()):
        return False
    required = affinity.node_affinity.required if affinity and affinity.node_affinity else None
    return required is None or any(meets_term(term, labels) for term in required.node_selector_terms)


def meets_term(term: NodeSelectorTerm, labels: Labels) -> bool:
    """Whether a node with these labels meets all of a term; a term without conditions is met by none."""
    return bool(term.match_expressions) and all(_meets(requirement, labels) for requirement in term.match_expressions)


def untolerated(taints: Iterable[Taint], tolerations: Iterable[Toleration], effects: Iterable[str]) -> list[Taint]:
    """The taints of these effects that no toleration accepts."""
    tolerations = tuple(tolerations)
    return [t for t in taints if t.effect in effects and not any(_tolerates(each, t) for each in tolerations)]


def _meets(requirement: NodeRequirement | LabelRequirement, labels: Labels) -> bool:
    found, values = labels.get(requirement.key), requirement.values
    match requirement.operator:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt" as operator:
            if found is None or not found.isdecimal() or int(found) >= 2**63:
                return False
            return int(found) > int(values[0]) if operator == "Gt" else int(found) < int(values[0])


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect not in (None, taint.effect) or toleration.key not in (None, taint.key):
        return False
    return toleration.operator == "Exists" or (toleration.value or "") == taint.value
