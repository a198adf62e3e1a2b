"""From the plan's numbers to Tempo's settings, and who decides each of them."""

from collections.abc import Iterator, Sequence

from allocation.defaults import replication_factor
from allocation.extra import said_by_user
from allocation.plan import StoragePlan, WorkloadPlan
from allocation.tuning import coefficients as c
from allocation.tuning.blocks import block_bytes, block_settings, minutes_by_disk
from allocation.tuning.compactor import compactor_settings
from allocation.tuning.distributor import distributor_settings
from allocation.tuning.ingest import Intake, intake_settings
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
    """What differs from Tempo's own, component by component; nothing for `resources.tuning: none`."""
    if settings.spec.resources.tuning == "none":
        return ()
    return tuple(decided(setting, settings) for setting in _planned(settings, workloads, storage))


def _planned(settings: Settings, workloads: Sequence[WorkloadPlan], storage: StoragePlan) -> Iterator[Setting]:
    distributor, ingester = (replica_of(component, workloads) for component in ("distributor", "ingester"))
    volume = storage.volume("ingester").size_bytes
    tenants = settings.spec.tenants
    yield from intake_settings(
        Intake(
            distributor,
            ingester,
            replication_factor(settings),
            len(tenants.authentication) if tenants else 1,
            volume,
            minutes_by_disk(ingester, volume),
            block_bytes(volume),
            said_by_user(settings, "distributor").get(RATE_STRATEGY) == "global",
        )
    )
    yield from distributor_settings(distributor, ingester)
    yield from block_settings(ingester, volume)
    message = least_message_bytes(settings)
    yield from message_setting(INGESTER_SENDS, message, None, c.DEFAULT_MESSAGE_BYTES, "")
    yield from querier_settings(replica_of("querier", workloads), message)
    yield from query_frontend_settings(replica_of("query-frontend", workloads), message)
    yield from compactor_settings(replica_of("compactor", workloads))
