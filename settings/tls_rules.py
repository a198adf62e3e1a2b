"""Rules on TLS: keys that go with a mode, certificates that nobody would issue, a store or receivers told otherwise."""

from collections.abc import Iterator

from settings.access_rules import on_openshift, tls_mode
from settings.duration import NANOSECONDS, nanoseconds
from settings.mistakes import Mistake, Path, shown
from settings.written import Config, Rule, at, has_minio

TLS: Path = ("spec", "tls")
STORAGE: Path = ("spec", "storage")
RECEIVER: Path = ("spec", "template", "distributor", "tls")
GATEWAY: Path = ("spec", "template", "gateway", "enabled")
READ_IN = {"issuer": "certManager", "duration": "certManager", "secretName": "secrets", "secretNames": "secrets"}
ALWAYS_RUNNING = ("distributor", "ingester", "compactor", "querier", "queryFrontend")
SHORTEST_HOURS, LONGEST_HOURS = 1, 87600  # cert-manager's least, and how long the stack's own authority holds


def tls_keys_go_with_the_mode(config: Config) -> Iterator[Mistake]:
    """Each key of `spec.tls` is one that its mode reads."""
    tls, mode = at(config, TLS), tls_mode(config)
    for key, needed in READ_IN.items():
        if at(tls, (key,)) is not None and at(tls, ("mode",)) is not None and mode != needed:
            yield Mistake((*TLS, key), f"is read in mode {needed} only; write mode: {needed}, or remove it")


def the_platform_has_a_service_authority(config: Config) -> Iterator[Mistake]:
    """Only OpenShift signs certificates for Services."""
    if at(config, (*TLS, "mode")) == "serviceCA" and not on_openshift(config):
        found = "serviceCA is OpenShift's, and nothing says that this is one"
        if at(config, ("platform",)) == "kubernetes":
            found = "serviceCA is OpenShift's, and platform is kubernetes"
        yield Mistake((*TLS, "mode"), f"{found}; write platform: openshift, or mode: certManager")


def every_component_has_a_secret(config: Config) -> Iterator[Mistake]:
    """In mode `secrets` each component's Secret is named, by itself or by the one for all; none without a component."""
    if tls_mode(config) != "secrets":
        return
    single = at(config, (*TLS, "secretNames"))
    single = single if isinstance(single, dict) else {}
    optional = {"gateway": at(config, GATEWAY) is True, "minio": has_minio(config)}
    running = [*ALWAYS_RUNNING, *(name for name, runs in optional.items() if runs)]
    missing = [name for name in running if single.get(name) is None]
    if at(config, (*TLS, "secretName")) is None and missing:
        found = "is missing" if len(missing) == len(running) else f"is missing, and secretNames has no {missing[0]}"
        yield Mistake((*TLS, "secretName"), f"{found}; add the name of a Secret with tls.crt, tls.key and ca.crt")
    for name, runs in optional.items():
        if not runs and single.get(name) is not None:
            yield Mistake((*TLS, "secretNames", name), f"is for {name}, which does not run; remove it")


def certificates_last_as_long_as_they_can(config: Config) -> Iterator[Mistake]:
    """No shorter than cert-manager issues them, no longer than the authority that signs them."""
    duration, path = at(config, (*TLS, "duration")), (*TLS, "duration")
    try:
        hours = nanoseconds(duration) / NANOSECONDS["h"] if isinstance(duration, str) else SHORTEST_HOURS
    except ValueError:
        return  # the field says what is wrong with it
    if hours < SHORTEST_HOURS:
        yield Mistake(path, f"{shown(duration)} is too short for cert-manager; write {SHORTEST_HOURS}h or more")
    if hours > LONGEST_HOURS and at(config, (*TLS, "issuer")) is None:
        found = f"{shown(duration)} is longer than the stack's own authority holds"
        yield Mistake(path, f"{found}; write {LONGEST_HOURS}h or less, or name an issuer")


def the_store_is_told_its_own_tls(config: Config) -> Iterator[Mistake]:
    """MinIO speaks as the rest of the stack does; another store has certificates only where it speaks TLS."""
    tls, path = at(config, (*STORAGE, "tls")), (*STORAGE, "tls")
    enabled = at(tls, ("enabled",))
    for key in ("caName", "certName"):
        if at(tls, (key,)) is not None and has_minio(config):
            yield Mistake((*path, key), "is for a store of your own, and MinIO runs; remove it, or run without MinIO")
        elif at(tls, (key,)) is not None and enabled is not True:
            yield Mistake((*path, key), "is read with enabled: true only; write that, or remove it")
    if not has_minio(config):
        return
    mode = tls_mode(config)
    if enabled is True and mode == "off":
        found = "is true, but MinIO speaks as spec.tls has it, and that is off"
        yield Mistake((*path, "enabled"), f"{found}; write a mode there, or remove it here")
    if enabled is False and mode != "off":
        yield Mistake((*path, "enabled"), f"is false, but MinIO speaks TLS in spec.tls.mode {mode}; remove it")


def authorities_are_in_config_maps_of_their_own(config: Config) -> Iterator[Mistake]:
    """The ConfigMaps `tempo-<name>` and the gateway's hold the stack's files, and no certificate."""
    own = {f"tempo-{at(config, ('name',))}{suffix}" for suffix in ("", "-gateway")}
    is_read = {
        (*STORAGE, "tls", "caName"): not has_minio(config),
        (*RECEIVER, "caName"): at(config, GATEWAY) is not True,
    }
    for path, somebody_reads in is_read.items():
        name = at(config, path)
        if somebody_reads and isinstance(name, str) and name in own:
            found = f"{shown(name)} is a ConfigMap of the stack itself, without a certificate"
            yield Mistake(path, f"{found}; give the authority its own")


def receivers_are_told_their_own_tls(config: Config) -> Iterator[Mistake]:
    """They have a certificate where they speak TLS; behind the gateway nobody else speaks to them."""
    tls = at(config, RECEIVER)
    if not isinstance(tls, dict):
        return
    if at(config, GATEWAY) is True:
        yield Mistake(RECEIVER, "is for applications, and only the gateway speaks to the distributor; remove it")
        return
    if tls.get("enabled") is False:
        for key in ("caName", "certName"):
            if tls.get(key) is not None:
                yield Mistake((*RECEIVER, key), "is read with enabled: true only; write that, or remove it")
    elif tls.get("certName") is None and tls_mode(config) == "off":
        found = "is missing, and spec.tls.mode is off"
        yield Mistake((*RECEIVER, "certName"), f"{found}; add a Secret with tls.crt and tls.key, or write another mode")


RULES: tuple[Rule, ...] = (
    tls_keys_go_with_the_mode,
    the_platform_has_a_service_authority,
    every_component_has_a_secret,
    certificates_last_as_long_as_they_can,
    the_store_is_told_its_own_tls,
    authorities_are_in_config_maps_of_their_own,
    receivers_are_told_their_own_tls,
)
