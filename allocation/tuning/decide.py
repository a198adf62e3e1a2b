"""From the plan's numbers to Tempo's settings, and who decides each of them."""

from collections.abc import Iterator, Sequence

from allocation.defaults import copies_of
from allocation.extra import said_by_user
from allocation.plan import StoragePlan, WorkloadPlan
from allocation.tuning import coefficients as c
from allocation.tuning.blocks import block_bytes, block_settings, minutes_by_disk
from allocation.tuning.compactor import compactor_settings, window_setting
from allocation.tuning.cutting import cutting_of
from allocation.tuning.distributor import distributor_settings
from allocation.tuning.ingest import TENANTS_AT_ONCE, Intake, intake_settings
from allocation.tuning.messages import least_message_bytes, message_setting
from allocation.tuning.querier import querier_settings
from allocation.tuning.query_frontend import query_frontend_settings
from allocation.tuning.replica import replica_of
from allocation.tuning.said import decided
from allocation.tuning.setting import Setting
from settings import Settings

INGESTER_SENDS = ("ingester", "server.grpc_server_max_send_msg_size")
RATE_STRATEGY = "overrides.defaults.ingestion.rate_strategy"


def tuning_of(settings: Settings, workloads: Sequence[WorkloadPlan], storage: StoragePlan) -> tuple[Setting, ...]:
    """What differs from Tempo's own, component by component; nothing for `resources.tuning: none`.

    And what is left as Tempo has it, where the plan says so.
    """
    if settings.spec.resources.tuning == "none":
        return ()
    return tuple(decided(setting, settings) for setting in _planned(settings, workloads, storage))


def intake_of(settings: Settings, workloads: Sequence[WorkloadPlan], storage: StoragePlan) -> Intake:
    """Who takes traces in, and from how many."""
    ingester, volume = replica_of("ingester", workloads), storage.volume("ingester").size_bytes
    tenants = settings.spec.tenants
    return Intake(
        replica_of("distributor", workloads),
        ingester,
        copies_of(settings, ingester.fewest),
        len(tenants.authentication) if tenants else 1,
        volume,
        cutting_of(settings, block_bytes(volume), minutes_by_disk(ingester, volume)),
        said_by_user(settings, "distributor").get(RATE_STRATEGY) == "global",
    )


def _planned(settings: Settings, workloads: Sequence[WorkloadPlan], storage: StoragePlan) -> Iterator[Setting]:
    intake = intake_of(settings, workloads, storage)
    yield from intake_settings(intake)
    yield from distributor_settings(intake.distributor, intake.ingester)
    yield from block_settings(intake.ingester, intake.volume_bytes, intake.cutting)
    message = least_message_bytes(settings)
    yield from message_setting(INGESTER_SENDS, message, None, c.DEFAULT_MESSAGE_BYTES, "")
    yield from querier_settings(replica_of("querier", workloads), intake.ingester, message)
    # Not by the number of tenants that there are: another one must not restart query frontends.
    tenants = TENANTS_AT_ONCE if settings.spec.tenants else 1
    yield from query_frontend_settings(replica_of("query-frontend", workloads), message, tenants)
    compactor = replica_of("compactor", workloads)
    yield from compactor_settings(compactor)
    yield from window_setting(compactor)
