"""Fuzzed configs: whatever stands in one, it loads, or its mistakes are lines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from settings import Settings, SettingsError, load_config, load_file

EXAMPLE = yaml.safe_load(
    """
    name: tmrs
    namespace: tempo
    minio: {enabled: true, storageSize: 1Gi}
    oidcClients: {dev: {clientID: a, clientSecret: {secure: b}}}
    createNamespace: true
    nodePools:
      - name: a
        count: 2
        allocatable: {cpu: 4, memory: 1Gi, ephemeral-storage: 1Gi, pods: 3}
        labels: {a: b}
        taints: [{key: a, value: b, effect: NoSchedule}]
        systemReserve: {cpu: 1, pods: 1}
        zones: [a, b]
    spec:
      storage: {secret: {name: c, type: s3}, tls: {}}
      storageSize: 1Gi
      resources:
        total: {limits: {cpu: 2, memory: 2Gi}, requests: {cpu: 1}}
        profile: custom
        weights:
          distributor: &one {cpu: 1, memory: 1}
          ingester: *one
          compactor: *one
          querier: {cpu: 0, memory: 0.5}
          queryFrontend: *one
          jaegerQuery: *one
          tempoQuery: *one
          oauthProxy: *one
          gateway: *one
        requestRatio: 0.3
        enforce: true
      retention: {global: {traces: 48h}}
      tenants:
        mode: static
        authentication: [{tenantName: dev, tenantId: a, oidc: {issuerURL: 'https://a'}}]
        authorization:
          roles: [{name: r, resources: [traces], tenants: [dev], permissions: [read]}]
          roleBindings: [{name: b, roles: [r], subjects: [{kind: user, name: ann}]}]
      template:
        gateway:
          enabled: true
          opa: {resources: {}}
          component: {replicas: 1}
          ingress: {type: route, host: a.b, annotations: {a: b}, route: {termination: reencrypt}}
        ingester: {nodeSelector: {a: b}, tolerations: [{key: a, operator: Exists}], podSecurityContext: {runAsUser: 1}}
        querier:
          topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, minDomains: 1}]
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ['4']}]}]
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, labelSelector: {matchLabels: {a: b}}}]
        compactor:
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
          autoscaling:
            minReplicas: 1
            budget: max
            metrics:
              - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
              - {type: Pods, pods: {metric: {name: a, selector: {}}, target: {type: AverageValue, averageValue: 1k}}}
            behavior: {scaleDown: {selectPolicy: Min, policies: [{type: Percent, value: 1, periodSeconds: 1}]}}
        queryFrontend: {jaegerQuery: {enabled: true, authentication: {enabled: true}, tempoQuery: {}}}
    """
)


def words_of(value: Any) -> Iterator[str]:
    """Every key in nested mappings."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(key, str):
            yield key
        yield from words_of(inner)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2Gi", "1e3", "-1", "static", "openshift", "custom", "48h", "dev", "secure", "true"])
)
WORDS = st.sampled_from(sorted(set(words_of(EXAMPLE)))) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.integers() | st.none(), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def nearly_right_configs(draw: st.DrawFn) -> Any:
    """The example above with something else in one to three of its places."""
    config = yaml.safe_load(yaml.safe_dump(EXAMPLE))
    for _ in range(draw(st.integers(1, 3))):
        place = config
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is None or not isinstance(place[key], dict | list) or draw(st.integers(0, 3)) == 0:
                break
            place = place[key]
        if key is not None:
            place[key] = draw(VALUES)
        elif isinstance(place, dict):
            place[draw(WORDS)] = draw(VALUES)
    return config


@pytest.fixture(autouse=True, scope="module")
def _in_a_directory_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fuzzed"))
        yield


def loads_or_is_explained(load: Callable[[], Settings]) -> None:
    try:
        loaded = load()
    except SettingsError as error:
        text, mistakes = str(error), error.mistakes
    else:
        assert isinstance(loaded, Settings)
        return
    assert len(text.splitlines()) == len(mistakes) > 0
    assert all(str(mistake).isprintable() for mistake in mistakes)


def file_loads_or_is_explained(text: str) -> None:
    Path("config.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    loads_or_is_explained(lambda: load_file("config.yaml"))


def test_the_config_that_is_made_odd_is_a_right_one() -> None:
    Path("config.yaml").write_text(yaml.safe_dump({"config": EXAMPLE}))
    assert load_file("config.yaml").name == "tmrs"


@given(config=nearly_right_configs(), shape=st.sampled_from(["stack", "resource", "bare"]))
@settings(deadline=None)
def test_a_config_with_something_odd_in_it_loads_or_is_explained(config: Any, shape: str) -> None:
    if shape == "stack":
        file: Any = {"config": {f"tempostack:{key}": value for key, value in config.items()}}
    elif shape == "resource":
        head = {"apiVersion": "tempo.grafana.com/v1alpha1", "kind": "TempoStack"}
        file = head | {"metadata": {"name": config.get("name")}, "spec": config.get("spec")}
    else:
        file = config.get("spec")
    file_loads_or_is_explained(yaml.safe_dump(file))


@given(value=VALUES)
@settings(deadline=None)
def test_any_yaml_loads_or_is_explained(value: Any) -> None:
    file_loads_or_is_explained(yaml.safe_dump(value))


@given(text=st.text(alphabet=st.sampled_from("ab:{}[]-,&*!?|>'\"%@`# \n\t=<~0.e1\x00\x85\u2028\ud800"), max_size=40))
@example(text="a: !!timestamp x")
@example(text="a: !!binary '%'")
@example(text="=: =")
@example(text="<<: [a]")
@example(text="a: 0x" + "f" * 100)
@example(text="a: " + "9" * 5000)
@example(text="? {a: b}\n: c")
@example(text="1: 2\n1: 3")
@settings(deadline=None)
def test_any_text_loads_or_is_explained(text: str) -> None:
    file_loads_or_is_explained(text)


@given(config=st.dictionaries(WORDS, st.text(max_size=20) | VALUES.map(json.dumps), max_size=5))
@example(config={"spec": "[" * 100_000})
@example(config={"spec": '{"a":' * 900 + "1" + "}" * 900})  # as deep as the JSON parser goes, or nearly
@example(config={"spec": "9" * 5000})
@settings(deadline=None)
def test_any_config_of_the_runtime_loads_or_is_explained(config: dict[str, str]) -> None:
    loads_or_is_explained(lambda: load_config(config, secret_keys=("spec", "minioRootPassword")))
