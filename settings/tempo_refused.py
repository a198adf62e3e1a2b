"""Keys of Tempo's that extraConfig does not take, because the program decides them, and what to do instead."""

from fnmatch import fnmatchcase

_NO_COMPONENT = "remove it; no such component runs here"
_NO_KAFKA = "remove it; no Kafka is part of a TempoStack"
_PLACE = "remove it; the program says where each component listens, and who finds it there"
_RING = "remove it; the rings use memberlist, and each pod its own address"
_TLS = "write spec.tls"
_STORE = "write spec.storage, and the Secret that it names"
_STORE_TLS = "write spec.storage.tls"
_OLD_BLOCKS = "remove it; it is about blocks that are no longer written, and Tempo 2.10 may not know it"
_LIMIT = "write spec.limits.global.ingestion"
_QUERY = "write spec.limits.global.query"

# Key paths (`*` stands for any keys) and what to do instead; the first that fits is said.
KEYS = {
    "target": "remove it; each component has pods of its own",
    "auth_enabled": "write spec.tenants",
    "multitenancy_enabled": "write spec.tenants",
    "http_api_prefix": _PLACE,
    "metrics_generator": _NO_COMPONENT,
    "metrics_generator_client": _NO_COMPONENT,
    "overrides.defaults.metrics_generator": _NO_COMPONENT,
    "overrides.metrics_generator_*": _NO_COMPONENT,
    "live_store": _NO_COMPONENT,
    "live_store_client": _NO_COMPONENT,
    "partition_ring_live_store": _NO_COMPONENT,
    "block_builder": _NO_COMPONENT,
    "backend_scheduler": _NO_COMPONENT,
    "backend_scheduler_client": _NO_COMPONENT,
    "backend_worker": _NO_COMPONENT,
    "ingest": _NO_KAFKA,
    "distributor.kafka_*": _NO_KAFKA,
    "distributor.ingester_write_path_enabled": _NO_KAFKA,
    "ingester.partition_ring": _NO_KAFKA,
    "querier.partition_ring": _NO_KAFKA,
    # where pods listen, and how they find each other
    "internal_server": _TLS,
    "server.*_listen_network": _PLACE,
    "server.*_listen_address": _PLACE,
    "server.*_listen_port": _PLACE,
    "server.proxy_protocol_enabled": _PLACE,
    "server.http_path_prefix": _PLACE,
    "server.*tls_*": _TLS,
    "ingester_client.grpc_client_config.tls_*": _TLS,
    "querier.frontend_worker.grpc_client_config.tls_*": _TLS,
    "querier.frontend_worker.frontend_address": _PLACE,
    "querier.frontend_worker.id": _PLACE,
    "querier.secondary_ingester_ring": _RING,
    "memberlist.tls_*": _TLS,
    "memberlist.node_name": _RING,
    "memberlist.randomize_node_name": _RING,
    "memberlist.advertise_*": _RING,
    "memberlist.bind_*": _RING,
    "memberlist.cluster_label*": _RING,
    "memberlist.join_members": _RING,
    "distributor.receivers": "remove it; "
    "spec.template.gateway, spec.tls and spec.resources decide how spans are received",
    "ingester.lifecycler.ring.replication_factor": "write spec.replicationFactor",
    "ingester.lifecycler.ring.kvstore": _RING,
    "ingester.lifecycler.ring.zone_awareness_enabled": "remove it; all ingesters are in one zone",
    "ingester.lifecycler.ring.excluded_zones": "remove it; all ingesters are in one zone",
    "ingester.lifecycler.availability_zone": "remove it; all ingesters are in one zone",
    "ingester.lifecycler.address": _RING,
    "ingester.lifecycler.enable_inet6": _RING,
    "ingester.lifecycler.id": _RING,
    "ingester.lifecycler.interface_names": _RING,
    "ingester.lifecycler.port": _RING,
    "ingester.lifecycler.tokens_file_path": "remove it; it is in the ingester's own volume",
    "*.override_ring_key": _RING,
    "*.ring.kvstore": _RING,
    "*.ring.instance_*": _RING,
    "*.ring.enable_inet6": _RING,
    # the object store
    "storage.trace.backend": "write spec.storage.secret.type",
    "storage.trace.local": _STORE,
    "storage.trace.gcs": _STORE,
    "storage.trace.azure": _STORE,
    "storage.trace.s3.bucket": _STORE,
    "storage.trace.s3.endpoint": _STORE,
    "storage.trace.s3.access_key": _STORE,
    "storage.trace.s3.secret_key": _STORE,
    "storage.trace.s3.session_token": _STORE,
    "storage.trace.s3.native_aws_auth_enabled": _STORE,
    "storage.trace.s3.insecure": _STORE_TLS,
    "storage.trace.s3.tls_*": _STORE_TLS,
    "storage.trace.wal.path": "remove it; the WAL is in the ingester's own volume",
    # of Tempo 2.9.0, and gone with the block format v2 (the manifests of 2.9.0 and of what follows 2.10)
    "*.v2_*": _OLD_BLOCKS,
    "*.search_encoding": _OLD_BLOCKS,
    "*.search_page_size_bytes": _OLD_BLOCKS,
    # limits, also by their old names; retention
    "compactor.disabled": "remove it; blocks would never be compacted or deleted",
    "compactor.compaction.block_retention": "write spec.retention.global.traces",
    "overrides.per_tenant_override_config": "write spec.limits.perTenant",
    "overrides.user_configurable_overrides": "write spec.limits.perTenant",
    "overrides.defaults.compaction.block_retention": "write spec.retention.global.traces",
    "overrides.defaults.ingestion.rate_limit_bytes": f"{_LIMIT}.ingestionRateLimitBytes",
    "overrides.defaults.ingestion.burst_size_bytes": f"{_LIMIT}.ingestionBurstSizeBytes",
    "overrides.defaults.ingestion.max_traces_per_user": f"{_LIMIT}.maxTracesPerUser",
    "overrides.defaults.global.max_bytes_per_trace": f"{_LIMIT}.maxBytesPerTrace",
    "overrides.defaults.read.max_bytes_per_tag_values_query": f"{_QUERY}.maxBytesPerTagValues",
    "overrides.defaults.read.max_search_duration": f"{_QUERY}.maxSearchDuration",
    "overrides.block_retention": "write spec.retention.global.traces",
    "overrides.ingestion_rate_limit_bytes": f"{_LIMIT}.ingestionRateLimitBytes",
    "overrides.ingestion_burst_size_bytes": f"{_LIMIT}.ingestionBurstSizeBytes",
    "overrides.max_traces_per_user": f"{_LIMIT}.maxTracesPerUser",
    "overrides.max_bytes_per_trace": f"{_LIMIT}.maxBytesPerTrace",
    "overrides.max_bytes_per_tag_values_query": f"{_QUERY}.maxBytesPerTagValues",
    "overrides.max_search_duration": f"{_QUERY}.maxSearchDuration",
    "overrides.ingestion_*": "write it below overrides.defaults.ingestion, without ingestion_",
    # as TempoStacks of older operators have them
    "search_enabled": "remove it; searching is always on",
    "metrics_generator_enabled": _NO_COMPONENT,
}


def instead(path: tuple[str, ...]) -> str | None:
    """What to do instead of writing a key of Tempo's into extraConfig; None where it may be written."""
    keys = ".".join(path)
    return next((remedy for pattern, remedy in KEYS.items() if fnmatchcase(keys, pattern)), None)
