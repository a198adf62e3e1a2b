"""What work costs Tempo 2.9: cpu for each byte that comes in, memory for each byte it holds, and its own defaults.

Tempo: read in its source. Measured: on its processes under a kernel's limits, in first tries of which no data are kept
but for what allocation/measured.py has. Ours: round figures on the safe side.
"""

from allocation.go import HEAP_PERCENT as HEAP_PERCENT
from allocation.measured import DISTRIBUTOR_BYTES_PER_MILLICORE as DISTRIBUTOR_BYTES_PER_MILLICORE
from allocation.measured import INGESTER_BYTES_PER_MILLICORE as INGESTER_BYTES_PER_MILLICORE
from allocation.units import MIB

# What the Go runtime of a process with nothing to do has of the system. Measured: 22 to 26 MiB in each of the five.
IDLE_BYTES = 25 * MIB

# Of what an ingester's cpu carries in the long run: blocks are completed in bursts, while senders wait. Measured: with
# 410m, 79 % held for a minute and 88 % did not.
INTAKE_PERCENT = 60
INGESTER_INTAKE_BYTES_PER_MILLICORE = INGESTER_BYTES_PER_MILLICORE * INTAKE_PERCENT // 100

# Heap for each byte of a request that is being taken in: as received, decoded, encoded and decoded again, split by
# trace, and encoded for the ingesters (modules/distributor/distributor.go). Ours.
REQUEST_COST = 8
# A request that a collector sends: batches of 8192 spans come to some 2 MB, and gRPC's own limit is 4 MiB.
LARGEST_REQUEST_BYTES = 4 * MIB
USUAL_REQUEST_BYTES = 64 * 1024
USUAL_TRACE_BYTES = 2000  # of 10 spans of 200 bytes, as in the measurements
CONNECTIONS = 8  # that senders are expected to hold to one distributor. Ours

# How long a trace stays in an ingester's memory after its last span: trace_idle_period, and the time until the next
# look, flush_check_period (modules/ingester/config.go). A trace that goes on is cut
# after trace_live_period, 30 s.
TRACE_IDLE_SECONDS = 5
FLUSH_CHECK_SECONDS = 10
SECONDS_IN_MEMORY = TRACE_IDLE_SECONDS + FLUSH_CHECK_SECONDS
BURST_SECONDS = 2  # of the rate, that may come at once. As in the sizes of tempo-operator
LIVE_COST = 3  # heap for each byte of a live trace. Measured: 2.7, with traces of 10 spans of 200 B
TRACE_COST = 16  # heap for each byte of a trace that is cut: decoded, and as rows of columns. Ours

# An ingester's block on its way from the WAL (tempodb/encoding/vparquet4/wal_block.go, create.go). Measured: 6 to 180
# files, with the collector at work all the time (GOGC=5). The rest is what the writer has for every column.
FLUSH_BYTES = 100 * MIB
ROW_GROUP_COST = 12  # heap for each byte of a row group that is being written, as Tempo reckons its bytes
WAL_FILE_BYTES = 6 * MIB  # heap for each of the WAL's files of a block, which are all read at once
DISK_BYTES_PER_BYTE = 2  # that come in for one on the disk. Measured: 1.1 (random attributes) to 4 (repeated ones)

# Searches (tempodb/encoding/vparquet4/block_search.go).
SEARCHED_COLUMNS = 10  # each has a read buffer of its own. Ours
# A trace that is found is read as a whole, with a read buffer for every column of a block (block_findtracebyid.go,
# schema.go). Measured: two at once with Tempo's 1 MiB kept the collector of a 225Mi querier at work without pause.
TRACE_COLUMNS = 100
SEARCH_JOB_BYTES = 4 * MIB  # heap of a job beside its buffers. Ours
JOBS_PER_CORE = 10  # of a querier: half of the time they wait for the store. Ours
FIND_BYTES = MIB  # heap of looking for a trace in one block: a bloom filter's shard, the footer, some pages. Ours
LEAST_MESSAGE_BYTES = 6 * MIB  # a trace of Tempo's 5 MB, and what is around it: all who pass it on must take it
MESSAGE_COST = 4  # heap for each byte of an answer: received, decoded, merged, encoded. Ours

# The query frontend.
JOB_BYTES = 32 * 1024  # heap of a job in flight: request, headers, answer. Ours
OUTSTANDING_BYTES = 8 * 1024  # heap of one in the queue. Ours
JOB_MICROSECONDS = 1000  # cpu of a job. Ours

# A compaction (tempodb/encoding/vparquet4/compactor.go, blockselector: 4 blocks at the most at a time). Measured: with
# the writer 200 MiB for two blocks of 12 MB, 250 for four of 6 MB; 410 and 470 for four of 14 MB and two of 55 MB that
# had random attributes. The reckoning comes to limits of 415, 415, 450 and 520.
INPUT_BLOCKS = 4
READ_AHEAD_BYTES = 128 * MIB  # of each that is read, at the most: 64 buffers of 2 MiB (block_iterator.go)
OBJECT_BYTES = 3  # heap for each trace of the block that is written: bloom filter and index. Ours
# A row group is a part of an S3 upload, and S3 takes no part below 5 MiB but the last. A byte of a row group, as Tempo
# reckons it, was measured as 0.7 (repeated attributes) to 2 (random ones) in the store.
LEAST_ROW_GROUP_BYTES = 16_000_000

# Tempo's own (docs/sources/tempo/configuration/manifest.md of 2.9.0); a setting that comes to the same is left out.
DEFAULT_ROW_GROUP_BYTES = 100_000_000
DEFAULT_BLOCK_BYTES = 500 * MIB
DEFAULT_BLOCK_MINUTES = 30
COMPLETE_BLOCK_SECONDS = 15 * 60
BLOCKLIST_POLL_SECONDS = 5 * 60
DEFAULT_FLUSHES = 4
DEFAULT_TRACE_BYTES = 5_000_000
DEFAULT_HTTP_REQUEST_BYTES = 20 * MIB
DEFAULT_QUERIES = 20
DEFAULT_READ_BUFFER_BYTES = MIB
DEFAULT_POOL_WORKERS = 400
DEFAULT_CONCURRENT_JOBS = 1000
DEFAULT_OUTSTANDING = 2000
DEFAULT_QUERY_SHARDS = 50
DEFAULT_JOB_BYTES = 100 * MIB
DEFAULT_MESSAGE_BYTES = 16 * MIB
DEFAULT_INGESTER_MESSAGE_BYTES = 100 * MIB
DEFAULT_COMPACTED_BYTES = 100 * 1024 * MIB
DEFAULT_COMPACTED_OBJECTS = 6_000_000
DEFAULT_COMPACTION_WINDOW = "1h"
