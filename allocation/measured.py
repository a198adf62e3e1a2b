"""What work costs Tempo 2.9 of cpu, as it was measured: sizing a stack and Tempo's own limits both reckon with it.

On its processes under a kernel's limits (docs/measured.md), fitted in bench/data/calibration.json; a test holds both
together.
"""

# Bytes a second of OTLP that a millicore takes in. A distributor needs 24 ns for each byte and 11 us for each span:
# 15.5 us for one of 200 B. That is the careful side: with spans of 300 B it would be 16,800 bytes, with 512 B 22,300.
DISTRIBUTOR_BYTES_PER_MILLICORE = 12_900
# An ingester needs 40 ns for each byte to take it in, and 45 to 70 ns to complete its block; the fit would have 18,000,
# but only some of its loads saw blocks completed.
INGESTER_BYTES_PER_MILLICORE = 10_000

# Cpu of a query, as fitted and rounded up to a whole millisecond: a trace by its id or a TraceQL search, in turn.
# Most of those traces were still in the ingesters: one from a block took a querier 45 to 60 ms.
QUERY_FRONTEND_MICROSECONDS_PER_QUERY = 7_000
QUERIER_MICROSECONDS_PER_QUERY = 6_000
INGESTER_MICROSECONDS_PER_QUERY = 11_000
