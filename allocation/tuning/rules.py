"""The rule behind every setting that the plan can come to, and why; docs/tuning.md has this as a table."""

from typing import NamedTuple

from allocation.extra import COMPACTOR, DISTRIBUTOR, INGESTER, QUERIER, QUERY_FRONTEND
from allocation.tuning.setting import EVERYONE


class Rule(NamedTuple):
    """The settings at `keys` of each of `components`. Both texts are Markdown; their links start in docs/tuning.md."""

    components: tuple[str, ...]
    keys: tuple[str, ...]
    rule: str
    why: str


RULES: tuple[Rule, ...] = (
    Rule(
        (EVERYONE,),
        ("ingestion.rate_limit_bytes",),
        "the least of: 12.9 kB/s for each millicore of a distributor; 6 kB/s for each millicore of an ingester (10 in "
        "the long run, blocks completed; 60 % of it, since they are completed in bursts), × ingesters / copies; live "
        "traces for 17 s in a fourth of the spare memory, × 3 (where the burst is held at its least, the rate has "
        "what it leaves, for 15 s); what the ingesters' disk holds: the larger of all blocks' time on it, and 15 "
        "minutes of complete ones beside three of `max_block_bytes` of each tenant. What ingesters bound is divided "
        "by the most distributors there may be, and all by tenants, of whom ten may be at their limit at once",
        "Tempo limits each tenant at each distributor. It is the only limit of which a sender hears: "
        "`RESOURCE_EXHAUSTED`, 429",
    ),
    Rule(
        (EVERYONE,),
        ("ingestion.burst_size_bytes",),
        "2 s of the rate, at least 4 MiB; where memory is short, half of what may be live, at least 1 MiB",
        "a request above it is never taken, and a collector's batches reach 4 MiB",
    ),
    Rule(
        (EVERYONE,),
        ("ingestion.max_traces_per_user",),
        "0, any number",
        "what an *ingester* refuses, the distributor has acknowledged: it would be lost. The rate bounds the memory",
    ),
    Rule(
        (EVERYONE,),
        ("global.max_bytes_per_trace",),
        "a fourth of the spare memory / 16, from 500 kB to Tempo's 5 MB",
        "a trace that is cut is decoded as a whole. What is beyond is lost, so it is lowered only where the process "
        "would be",
    ),
    Rule(
        (DISTRIBUTOR,),
        ("distributor.retry_after_on_resource_exhausted",),
        "`1s`, wherever distributors or ingesters have limits",
        "without it the OTLP specification has a sender drop what was refused",
    ),
    Rule(
        (DISTRIBUTOR,),
        ("distributor.receivers.otlp.protocols.grpc.max_concurrent_streams",),
        "half of the room / (8 connections × 64 KiB × 8), from 8 to 1000",
        "every request under way takes about 8 times its bytes, and Tempo itself takes any number of them",
    ),
    Rule(
        (DISTRIBUTOR,),
        ("distributor.receivers.otlp.protocols.http.max_request_body_size",),
        "half of the room / 8, from 4 MiB to the receiver's 20 MiB",
        "a request takes about 8 times its bytes; gRPC takes 4 MiB by itself",
    ),
    Rule(
        (DISTRIBUTOR, QUERIER),
        ("ingester_client.pool_config.healthchecktimeout",),
        "`5s`, as Tempo waits for a push, wherever ingesters have limits; Tempo's own is 1s",
        "[an ingester that completes a block](#an-ingester-that-completes-a-block) answers late, and after that time "
        "its connection is closed, with all pushes and searches on it",
    ),
    Rule(
        (INGESTER,),
        ("ingester.max_block_duration",),
        "a fourth of the spare memory / 6 MiB files, one for every 10 s; and a minute for each 256 MiB of disk; from "
        "2 to 30 minutes",
        "completing a block reads all of its WAL files at once",
    ),
    Rule(
        (INGESTER,),
        ("storage.trace.block.parquet_row_group_size_bytes",),
        "a fourth of the spare memory / 12, from 2 MB to Tempo's 100 MB",
        "a row group that is written takes 12 times what Tempo reckons",
    ),
    Rule(
        (INGESTER,),
        ("ingester.concurrent_flushes",),
        "half of the spare memory / 2388 MiB, from 1 to 4",
        "completing a block of Tempo's own size takes so much",
    ),
    Rule(
        (INGESTER,),
        ("ingester.max_block_bytes",),
        "an eighth of the disk, up to 500 MiB",
        "a full disk costs blocks",
    ),
    Rule(
        (INGESTER,),
        ("server.grpc_server_max_send_msg_size",),
        "Tempo's 16 MiB; more where the largest `maxBytesPerTrace` asks for it",
        "the answer with that trace goes to a querier",
    ),
    Rule(
        (QUERIER,),
        ("querier.max_concurrent_queries",),
        "10 for each core, rounded up, from 2 to 20; fewer where a fourth of the room has no place for so many times "
        "4 MiB and ten buffers",
        "jobs on too little cpu only wait for each other, and run into their timeouts",
    ),
    Rule(
        (QUERIER,),
        ("storage.trace.search.read_buffer_size_bytes",),
        "a fourth of the room for the 100 columns of each of up to 4 traces, from 128 KiB to 1 MiB",
        "a trace that is found by its id is read with a buffer for every column: with Tempo's 1 MiB that is 100 MiB, "
        "in which the collector of a small querier works without pause",
    ),
    Rule(
        (QUERIER,),
        ("storage.trace.pool.max_workers",),
        "a fourth of the room / 1 MiB, from 10 to 400",
        "looking for a trace by id goes through so many blocks at once",
    ),
    Rule(
        (QUERIER,),
        ("ingester_client.grpc_client_config.max_recv_msg_size",),
        "a fourth of the room / 4, from 6 MiB to 100 MiB",
        "an answer is received, decoded, merged and encoded. A `maxBytesPerTrace` of yours, everyone's or a tenant's, "
        "raises the least: that and 1.3 MB around it get through",
    ),
    Rule(
        (QUERIER,),
        ("querier.frontend_worker.grpc_client_config.max_send_msg_size",),
        "Tempo's 16 MiB; more where the largest `maxBytesPerTrace` asks for it",
        "the answer with that trace goes on to the query frontend",
    ),
    Rule(
        (QUERY_FRONTEND,),
        ("query_frontend.search.concurrent_jobs", "query_frontend.metrics.concurrent_jobs"),
        "a fourth of the room / 32 KiB, from 20 to 1000",
        "what a single search has under way",
    ),
    Rule(
        (QUERY_FRONTEND,),
        ("query_frontend.max_outstanding_per_tenant",),
        "a fourth of the room / 8 KiB, with tenants a tenth of that, from 200 to 2000",
        "what waits, in a queue for each tenant; beyond it the answer is 429",
    ),
    Rule(
        (QUERY_FRONTEND,),
        ("server.grpc_server_max_recv_msg_size",),
        "a fourth of the room / 4, from 6 MiB to 16 MiB; the largest `maxBytesPerTrace` raises both",
        "a larger answer of a querier's is an error, and not the end of the process",
    ),
    Rule(
        (QUERY_FRONTEND,),
        ("query_frontend.trace_by_id.query_shards",),
        "50 for each core, from 8 to 50",
        "each trace that is asked for by id makes so many jobs",
    ),
    Rule(
        (QUERY_FRONTEND,),
        ("query_frontend.search.target_bytes_per_job", "query_frontend.metrics.target_bytes_per_job"),
        "100 MiB for each core, from 10 MiB on",
        "on a small stack such a job takes many seconds, and others wait",
    ),
    Rule(
        (COMPACTOR,),
        ("storage.trace.block.parquet_row_group_size_bytes",),
        "what 100 MiB for the writer and 512 MiB for what is read ahead leave of the room / 12, from 16 MB to 100 MB",
        "as in the ingester; each row group is a part of an upload, and S3 takes none below 5 MiB but the last",
    ),
    Rule(
        (COMPACTOR,),
        ("compactor.compaction.max_block_bytes",),
        "the room × (the room / 411 MiB)³, up to Tempo's 100 GiB: 411 MiB hold the writer, the least row group, and "
        "128 MiB that are read ahead of a block at the most. At least an eighth of the room, and 4 MiB",
        "blocks that are larger together are left as they are. With 32 MiB, a compactor of 123Mi was OOM-killed",
    ),
    Rule(
        (COMPACTOR,),
        ("compactor.compaction.max_compaction_objects",),
        "a fourth of the room / 3 bytes, from 1 to 6 million",
        "bloom filter and index",
    ),
    Rule(
        (COMPACTOR,),
        ("compactor.compaction.compaction_window",),
        "Tempo's 1h; the plan says so (`tempo`) and does not write it",
        "no limit decides it: of a window's blocks, be they few or many, 2 to 4 are merged at a time, of together "
        "`max_block_bytes` at the most",
    ),
)
