"""Small clusters and crowds of pods, drawn at random for property tests of placement."""

from hypothesis import strategies as st

from allocation.placement import PodClass
from tests.support.placing import HOSTNAME, ZONE, apart, on_nodes, pods, pool, spread, term, together

KEYS = st.sampled_from([HOSTNAME, ZONE, "node-type"])
NAMES = ("ingester", "querier", "compactor")
TAINTS = st.sampled_from(
    [
        [],
        [],
        [{"key": "dedicated", "value": "tempo", "effect": "NoSchedule"}],
        [{"key": "dedicated", "value": "other", "effect": "NoExecute"}],
        [{"key": "busy", "effect": "PreferNoSchedule"}],
    ]
)
SELECTORS = st.sampled_from([{}, {}, {}, {"node-type": "compute"}, {"node-type": "memory"}, {ZONE: "a"}])
TOLERATIONS = st.sampled_from(
    [
        [],
        [],
        [{"key": "dedicated", "value": "tempo", "effect": "NoSchedule"}],
        [{"key": "dedicated", "operator": "Exists"}],
        [{"operator": "Exists"}],
    ]
)
SELECTED = st.sampled_from([{"app": "ingester"}, {"app": "querier"}, {"stack": "tmrs"}, {"app": "nobody"}])
TERMS = st.builds(lambda key, labels: term(key, **labels), KEYS, SELECTED)
EXPRESSIONS = st.sampled_from(
    [
        {"key": "node-type", "operator": "In", "values": ["compute", "memory"]},
        {"key": "node-type", "operator": "NotIn", "values": ["memory"]},
        {"key": "node-type", "operator": "Exists"},
        {"key": ZONE, "operator": "DoesNotExist"},
        {"key": "generation", "operator": "Gt", "values": ["4"]},
        {"key": "generation", "operator": "Lt", "values": ["5"]},
    ]
)
AFFINITIES = (
    st.none()
    | st.builds(apart, TERMS)
    | st.builds(together, TERMS)
    | st.builds(together, TERMS, TERMS)
    | st.builds(lambda away, near: apart(away) | together(near), TERMS, TERMS)
    | st.builds(on_nodes, EXPRESSIONS)
)
SPREADS = st.lists(
    st.builds(
        lambda key, skew, more: spread(key, skew, **more),
        KEYS,
        st.integers(1, 2),
        st.sampled_from(
            [
                {},
                {},
                {"minDomains": 3},
                {"nodeTaintsPolicy": "Honor"},
                {"nodeAffinityPolicy": "Ignore"},
                {"labelSelector": {"matchLabels": {"stack": "tmrs"}}},
                {"labelSelector": {"matchLabels": {"app": "ingester"}}},
                {"whenUnsatisfiable": "ScheduleAnyway"},
            ]
        ),
    ),
    max_size=2,
    unique_by=lambda each: (each["topologyKey"], each["whenUnsatisfiable"]),
)
POOLS = st.lists(
    st.builds(
        lambda count, cpu, memory, labels, taints, zones, room: pool(
            count=count, cpu=f"{cpu}", memory=f"{memory}Gi", labels=labels, taints=taints, zones=zones, allocatable=room
        ),
        st.integers(1, 2),
        st.integers(1, 6),
        st.integers(2, 6),
        st.sampled_from([{}, {"node-type": "compute", "generation": "5"}, {"node-type": "memory", "generation": "4"}]),
        TAINTS,
        st.sampled_from([[], ["a"], ["a", "b"], ["b"]]),
        st.sampled_from([{}, {}, {"pods": 1}, {"pods": 2}]),
    ),
    min_size=1,
    max_size=3,
).map(lambda pools: [each.model_copy(update={"name": f"pool-{i}"}) for i, each in enumerate(pools)])


@st.composite
def crowds(draw: st.DrawFn) -> list[PodClass]:
    """One to three classes of up to three pods, plain ones as often as those with rules."""
    classes = []
    for name in NAMES[: draw(st.integers(1, 3))]:
        is_plain = draw(st.booleans())
        classes.append(
            pods(
                name,
                count=draw(st.sampled_from([1, 2, 2, 3])),
                cpu=1000 * draw(st.sampled_from([0, 1, 1, 2, 2, 3])),
                memory=1024 * draw(st.sampled_from([0, 1, 1, 2])),
                node_selector={} if is_plain else draw(SELECTORS),
                tolerations=draw(TOLERATIONS),
                affinity=None if is_plain else draw(AFFINITIES),
                spread=draw(SPREADS) if not is_plain and draw(st.booleans()) else [],
            )
        )
    return classes
