"""What work costs Tempo 2.9 of cpu, as it was measured: sizing a stack and Tempo's own limits both reckon with it.

On its processes under a kernel's limits, with spans of 200 to 300 B (docs/measured.md); larger ones cost less a byte.
"""

# Bytes a second of OTLP that a millicore takes in. A distributor needs 13 us for each span; an ingester needs 40 ns
# for each byte to take it in, and 45 to 70 ns to complete its block.
DISTRIBUTOR_BYTES_PER_MILLICORE = 19_000
INGESTER_BYTES_PER_MILLICORE = 10_000

# Cpu of a query: a trace by its id or a TraceQL search, in turn, with the blocks of some minutes in the bucket.
QUERY_FRONTEND_MICROSECONDS_PER_QUERY = 7_000
QUERIER_MICROSECONDS_PER_QUERY = 6_000
INGESTER_MICROSECONDS_PER_QUERY = 12_000
