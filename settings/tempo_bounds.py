"""The least and the most that Tempo works with: what the types of its keys hold, and what single keys take of that."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeVar

KIBIBYTE = 2**10
MEBIBYTE = 2**20
GIBIBYTE = 2**30


class Bound(NamedTuple):
    """What lies between two values, both of them allowed; None where the type alone decides."""

    least: int | float | str | None
    most: int | float | str | None = None


DURATIONS = ("duration", "prometheus duration")
LONGEST = "876000h"  # a hundred years; Tempo takes 292, and doubles some of them
LONGEST_OF_ALL = "2562047h47m16.854775807s"  # Go's; Tempo's own for how old a connection may become
SHORTEST_PERIOD = "100ms"  # a ticker of none is a panic, and one of nanoseconds all of a cpu

# What each type holds, but for less than none, which no key has a meaning for.
KINDS: Mapping[str, Bound] = {
    **dict.fromkeys(("int", "int64"), Bound(0, 2**63 - 1)),
    **dict.fromkeys(("uint", "uint64"), Bound(0, 2**64 - 1)),
    "uint32": Bound(0, 2**32 - 1),
    "uint8": Bound(0, 2**8 - 1),
    "float64": Bound(0),
    **dict.fromkeys(DURATIONS, Bound(None, LONGEST)),
}

PERIOD = Bound(SHORTEST_PERIOD, LONGEST)
TIMEOUT = PERIOD  # none at all is over before anything is done
AT_ONCE = Bound(1, 10_000)  # goroutines, which all run
QUEUE = Bound(1, 1_000_000)  # places, which all take memory at once
MESSAGE = Bound(KIBIBYTE * 64, 2**31 - 1)  # bytes; with less, what is usually sent at once is refused
REQUEST = Bound(MEBIBYTE * 4, MESSAGE.most)  # what a collector sends reaches that
ANSWER = Bound(MEBIBYTE * 6, MESSAGE.most)  # a trace of the 5 MB that are usual, and what is around it

# Key path (`*` stands for any keys, positions in lists are left out) -> what Tempo works with; the first that fits
# holds. Tempo 2.9.0, and dskit as it pins it: what was read there is on the right.
BOUNDS: Mapping[str, Bound] = {
    # panics at a ticker of 0, and at a queue of fewer than no places
    "ingester.flush_check_period": PERIOD,  # modules/ingester/flush.go, cutToWalLoop
    "ingester_client.pool_config.checkinterval": PERIOD,  # dskit ring/client/pool.go
    "overrides.per_tenant_override_period": Bound("1s", LONGEST),  # dskit runtimeconfig/manager.go; whole seconds
    "storage.trace.blocklist_poll": PERIOD,  # tempodb/tempodb.go: with 0 nothing is compacted or deleted
    "compactor.compaction.compaction_cycle": Bound("100ms", LONGEST),  # tempodb/compactor.go, doForAtLeast
    "ingester.concurrent_flushes": AT_ONCE,  # pkg/flushqueues/exclusivequeues.go divides by it
    "storage.trace.pool.queue_depth": QUEUE,  # tempodb/pool/pool.go: with 0 there is room for no job
    "storage.trace.pool.max_workers": AT_ONCE,  # the same: with 0 no job is ever done
    "*background*.writeback_buffer": Bound(0, QUEUE.most),  # pkg/cache/background.go
    "*background*.writeback_goroutines": AT_ONCE,  # the same
    "memberlist.watch_prefix_buffer_size": QUEUE,  # dskit kv/memberlist/memberlist_client.go
    # what the query frontend does not start with, or panics at: modules/frontend/frontend.go, New
    "query_frontend.trace_by_id.query_shards": Bound(2, 100_000),  # modules/frontend/traceid_sharder.go
    "query_frontend.*.concurrent_jobs": AT_ONCE,
    "query_frontend.*.target_bytes_per_job": Bound(1),
    "query_frontend.search.most_recent_shards": QUEUE,  # modules/frontend/search_sharder.go makes room for all
    "query_frontend.search.ingester_shards": AT_ONCE,  # the same divides by it
    "query_frontend.metrics.interval": PERIOD,
    "query_frontend.max_batch_size": Bound(1, 10_000),  # modules/frontend/v1/frontend.go
    "query_frontend.max_outstanding_per_tenant": QUEUE,  # modules/frontend/queue/user_queues.go
    "query_frontend.max_query_expression_size_bytes": Bound(
        KIBIBYTE
    ),  # modules/frontend/pipeline: no query is as short
    "query_frontend.max_retries": Bound(0, 1000),
    "query_frontend.response_consumers": Bound(0, AT_ONCE.most),  # 0 is one: modules/frontend/pipeline
    # limits at which nothing gets through any more
    "ingester.flush_op_timeout": Bound("1s", LONGEST),  # modules/ingester/flush.go: no block is ever written
    "ingester_client.remote_timeout": TIMEOUT,  # modules/distributor/distributor.go
    "ingester_client.pool_config.healthchecktimeout": TIMEOUT,  # dskit ring/client/pool.go: every check fails
    "querier.*.query_timeout": TIMEOUT,  # modules/querier/http.go
    "querier.max_concurrent_queries": Bound(0, AT_ONCE.most),  # 0 is one: modules/querier/worker/worker.go
    "compactor.ring.wait_active_instance_timeout": Bound("1s", LONGEST),  # modules/compactor/compactor.go
    "*.ring.heartbeat_period": PERIOD,  # dskit ring/ticker.go: with 0 it is taken for gone after a minute
    "ingester.lifecycler.heartbeat_period": PERIOD,  # the same
    "ingester.lifecycler.num_tokens": AT_ONCE,  # dskit ring/lifecycler.go: without a token it is never ready
    "memberlist.gossip_nodes": Bound(1, 1000),
    "memberlist.gossip_interval": PERIOD,
    "ingester_client.grpc_client_config.max_send_msg_size": REQUEST,  # modules/distributor/distributor.go
    "ingester_client.grpc_client_config.max_recv_msg_size": ANSWER,  # modules/querier/querier.go
    "querier.frontend_worker.grpc_client_config.max_send_msg_size": ANSWER,  # modules/querier/worker
    "querier.frontend_worker.grpc_client_config.max_recv_msg_size": MESSAGE,  # jobs: no traces are in them
    "server.grpc_server_max_*_msg_size": ANSWER,  # an ingester sends, and the query frontend receives, whole traces
    "server.grpc_server_num_workers": Bound(0, AT_ONCE.most),  # dskit server/server.go makes 32 bits of it
    "server.grpc_server_max_connection_*": Bound(None, LONGEST_OF_ALL),
    "storage.trace.s3.hedge_requests_up_to": Bound(1, 100),  # cristalhq/hedgedhttp: with 0 no request is sent
    "storage.trace.s3.list_blocks_concurrency": Bound(1, 1000),  # pkg/blockboundary: with 0 there are no blocks
    "storage.trace.s3.part_size": Bound(5 * MEBIBYTE, 5 * GIBIBYTE),  # minio-go constants.go
    "storage.trace.s3.bucket_lookup_type": Bound(0, 2),  # minio-go utils.go
    "storage.trace.blocklist_poll_*concurrency": Bound(0, AT_ONCE.most),  # 0 is Tempo's own: tempodb/tempodb.go
    # blocks
    "compactor.compaction.compaction_window": Bound("1s", LONGEST),  # tempodb/config.go
    "compactor.compaction.retention_concurrency": Bound(0, AT_ONCE.most),  # 0 is Tempo's own: tempodb/tempodb.go
    "storage.trace.block.bloom_filter_false_positive": Bound(0.000001, 0.999999),  # tempodb/encoding/common/config.go
    "storage.trace.block.bloom_filter_shard_size_bytes": Bound(1, GIBIBYTE),  # the same
    "querier.metrics.time_overlap_cutoff": Bound(0, 1),  # modules/querier/config.go: a ratio
}

_PARQUET_ROLES = ("parquet-footer", "parquet-column-idx", "parquet-offset-idx", "parquet-page")
DEFAULT_WORD = ""  # as where the key is left out
# The same for text: key path -> what it is, and the words for it that there are.
WORDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # tempodb/encoding/versioned.go, but for those that Tempo 2.10 does not write any more
    "storage.trace.block.version": ("a version of blocks", ("vParquet3", "vParquet4")),
    "storage.trace.wal.version": ("a version of blocks", ("vParquet3", "vParquet4")),
    "*parquet_dedicated_columns.scope": ("a scope", ("span", "resource")),  # tempodb/backend/block_meta.go
    "*parquet_dedicated_columns.type": ("a type of columns", ("string",)),  # tempodb/encoding/vparquet4
    "*.grpc_compression": ("a compression", ("gzip", "snappy", DEFAULT_WORD)),  # dskit grpcclient/grpcclient.go
    "overrides.defaults.ingestion.rate_strategy": ("a strategy", ("local", "global")),  # modules/overrides/config.go
    "storage.trace.cache": ("a cache", ("memcached", "redis", DEFAULT_WORD)),  # tempodb/tempodb.go, createLegacyCache
    "storage.trace.s3.sse.type": ("an encryption", ("SSE-KMS", "SSE-S3", DEFAULT_WORD)),  # tempodb/backend/s3/config.go
    "server.log_format": ("a format of logs", ("logfmt", "json")),  # dskit log/gokit.go
    "*.tls_min_version": (  # dskit crypto/tls/tls.go
        "a version of TLS",
        ("VersionTLS12", "VersionTLS13", "VersionTLS11", "VersionTLS10", DEFAULT_WORD),
    ),
    "cache.caches.roles": (  # pkg/cache/cache.go
        "a role of caches",
        ("bloom", "trace-id-index", "frontend-search", *_PARQUET_ROLES),
    ),
    "distributor.forwarders.backend": ("a backend", ("otlpgrpc",)),  # modules/distributor/forwarder/config.go
}


def bound_of(path: tuple[str, ...], kind: str) -> Bound:
    """What a key of such a type holds."""
    own, kinds = _first(BOUNDS, path) or Bound(None), KINDS.get(kind, Bound(None))
    return Bound(kinds.least if own.least is None else own.least, kinds.most if own.most is None else own.most)


def words_of(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """What a key's text is, and the words for it; None where any text will do."""
    return _first(WORDS, path)


Row = TypeVar("Row")


def _first(table: Mapping[str, Row], path: tuple[str, ...]) -> Row | None:
    keys = ".".join(path)
    return next((row for pattern, row in table.items() if fnmatchcase(keys, pattern)), None)
