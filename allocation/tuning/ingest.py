"""What a tenant may send: as much as distributors and ingesters carry, so that more is refused at the door.

Only the rate limit of the distributors is told to the sender. What an ingester refuses (too many traces, too large a
trace) the distributor has acknowledged by then, and it is lost; so those limits must never be the first to be reached.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from allocation.tuning import coefficients as c
from allocation.tuning.blocks import LIVE_PART, TRACE_PART, spare_bytes, trace_bytes
from allocation.tuning.cutting import Cutting
from allocation.tuning.replica import Replica, cpu, mebibytes, megabytes, part
from allocation.tuning.setting import EVERYONE, Setting
from allocation.units import GIB, MIB

RATE, BURST = "ingestion.rate_limit_bytes", "ingestion.burst_size_bytes"
TRACES, TRACE_BYTES = "ingestion.max_traces_per_user", "global.max_bytes_per_trace"

USUAL_RATE_BYTES = 100_000  # a second; with less, next to nothing gets through
LEAST_STREAM_BYTES = 2**21  # half of it is the burst, and no smaller request would be worth sending
BLOCKS_OF_A_TENANT = 3  # that is open, that is on its way, and that goes as a whole when its time is over
MOST_MEMORY_BYTES = 2**20 * GIB  # with which any number of streams has room
TENANTS_AT_ONCE = 10  # as many may be at their limit at the same time


@dataclass(frozen=True)
class Intake:
    """Who takes traces in, and from how many. `copies` of each trace; `volume_bytes` is each ingester's disk."""

    distributor: Replica
    ingester: Replica
    copies: int
    tenants: int
    volume_bytes: int
    cutting: Cutting
    shared: bool = False  # whether the distributors share a tenant's rate: `rate_strategy: global`

    @property
    def tenants_at_once(self) -> int:
        """Those that may be at their limit at the same time."""
        return min(self.tenants, TENANTS_AT_ONCE)

    @property
    def streams(self) -> int:
        """A tenant at a distributor is one, each with a burst of its own."""
        return self.distributor.most * self.tenants_at_once

    @property
    def streams_of_a_rate(self) -> int:
        """How many share a rate: with `local` none, with `global` all of a tenant. Each has a burst of its own."""
        return self.distributor.most if self.shared else 1

    @property
    def rates(self) -> int:
        """How often the rate may come in at once."""
        return self.streams // self.streams_of_a_rate

    def of_all(self, amount: int) -> int:
        """What all streams together may bring, where that much reaches an ingester: each byte goes to some of them."""
        return amount * self.ingester.fewest // self.copies


@dataclass(frozen=True)
class Bound:
    """What one part of the stack carries: bytes a second of each rate, why, and whose limit it is."""

    rate_bytes: int
    why: str
    component: str
    resource: Literal["cpu", "memory", "disk"]


def intake_settings(intake: Intake) -> Iterator[Setting]:
    """What goes into overrides.yaml; nothing where no limit says how much the stack carries."""
    found = rate_and_burst(intake)
    if found is not None:
        least, burst = found
        rate = least.rate_bytes
        yield Setting(EVERYONE, RATE, rate, f"{least.why}; {_divided(intake)}")
        yield Setting(EVERYONE, BURST, burst, _why_burst(rate // intake.streams_of_a_rate, burst))
        yield Setting(EVERYONE, TRACES, 0, "any number: the rate bounds them, and what an ingester refuses is lost")
    spare = spare_bytes(intake.ingester)
    if spare is not None:
        largest = trace_bytes(intake.ingester)
        if largest < c.DEFAULT_TRACE_BYTES:
            work = part(spare // TRACE_PART, largest * c.TRACE_COST)
            why = f"a trace that is cut takes {c.TRACE_COST} times its bytes, {work} in an ingester"
            yield Setting(EVERYONE, TRACE_BYTES, largest, why)


def _bounds(intake: Intake) -> Iterator[Bound]:
    """Those that limits give, the cpu's before the disk's; the memory's has the burst in it."""
    distributor, ingester = intake.distributor, intake.ingester
    if distributor.cpu_millicores is not None:
        carried = distributor.cpu_millicores * c.DISTRIBUTOR_BYTES_PER_MILLICORE
        sharing = distributor.fewest if intake.shared else 1  # else the rate is each one's, however many there are
        yield Bound(carried * sharing // intake.tenants_at_once, _why_cpu(distributor, carried), "distributor", "cpu")
    if ingester.cpu_millicores is not None:
        carried = ingester.cpu_millicores * c.INGESTER_INTAKE_BYTES_PER_MILLICORE
        yield Bound(intake.of_all(carried) // intake.rates, _why_cpu(ingester, carried), "ingester", "cpu")
    live = _live_bytes(intake)
    if live is not None:
        rate = live * intake.streams_of_a_rate // (intake.cutting.held_seconds + c.BURST_SECONDS)
        yield Bound(rate, _why_live(intake), "ingester", "memory")
    if ingester.limited:
        yield _disk_bound(intake)


def _disk_bound(intake: Intake) -> Bound:
    """What has come in while a complete block stays, for the queriers that have not heard of it, and what is no such.

    A block is cut when its time is over or when it has its size, whichever is first: so the larger of two rates fits.
    """
    disk, cutting = mebibytes(intake.volume_bytes), intake.cutting
    seconds = cutting.complete_seconds + 2 * cutting.block_seconds
    by_time = intake.volume_bytes // max(seconds, 1)
    beside = BLOCKS_OF_A_TENANT * intake.tenants_at_once
    by_size = (intake.volume_bytes - beside * cutting.block_bytes) // max(cutting.complete_seconds, 1)
    why = f"an ingester's disk of {disk} holds {_time(seconds)} of blocks"
    if by_size > by_time:
        complete = f"{_time(cutting.complete_seconds)} of complete blocks"
        why = f"an ingester's disk of {disk} holds {complete} beside {beside} of {mebibytes(cutting.block_bytes)}"
    rate = intake.of_all(max(by_time, by_size) * c.DISK_BYTES_PER_BYTE) // intake.rates
    return Bound(rate, why, "ingester", "disk")


def memory_of_a_stream(intake: Intake) -> int | None:
    """Bytes of live traces for which the ingesters have room; None without a limit."""
    spare = spare_bytes(intake.ingester)
    return None if spare is None else intake.of_all(spare // LIVE_PART // c.LIVE_COST) // intake.streams


def memory_for_requests(intake: Intake) -> int:
    """The least memory limit, in bytes, with which every stream may have a collector's request at once."""
    least = 2 * c.LARGEST_REQUEST_BYTES  # a burst is half of what may be live
    limits = range(MOST_MEMORY_BYTES // MIB)
    return MIB * bisect_left(limits, least, key=lambda mebi: memory_of_a_stream(_with_memory(intake, mebi * MIB)) or 0)


def _with_memory(intake: Intake, memory_bytes: int) -> Intake:
    return replace(intake, ingester=replace(intake.ingester, memory_bytes=memory_bytes))


def _live_bytes(intake: Intake) -> int | None:
    """What each stream may have in the ingesters' memory; never so little that nothing could be sent."""
    room = memory_of_a_stream(intake)
    return None if room is None else max(room, LEAST_STREAM_BYTES)


def rate_and_burst(intake: Intake) -> tuple[Bound, int] | None:
    """The least of the bounds, and twice as much at once, or one request; both fit into the memory together."""
    bounds = list(_bounds(intake))
    if not bounds:
        return None
    least = min(bounds, key=lambda bound: bound.rate_bytes)
    live, streams = _live_bytes(intake), intake.streams_of_a_rate
    request = c.LARGEST_REQUEST_BYTES if live is None else min(c.LARGEST_REQUEST_BYTES, live // 2)
    least = replace(least, rate_bytes=max(least.rate_bytes, 1))
    burst = max(c.BURST_SECONDS * (least.rate_bytes // streams), request)
    if live is not None:
        beside = (live - burst) * streams // intake.cutting.held_seconds
        if beside < least.rate_bytes:
            why = f"{_why_live(intake)}, beside a burst of {mebibytes(burst)}"
            least = Bound(beside, why, "ingester", "memory")
    return least, burst


def _why_live(intake: Intake) -> str:
    room, seconds = mebibytes((spare_bytes(intake.ingester) or 0) // LIVE_PART), intake.cutting.held_seconds
    return f"an ingester has {room} for live traces, and holds each for {seconds} s in {c.LIVE_COST} times its bytes"


def _why_burst(rate: int, burst: int) -> str:
    if burst == c.BURST_SECONDS * rate:
        return f"{c.BURST_SECONDS} s of the rate at once"
    if burst == c.LARGEST_REQUEST_BYTES:
        return f"a collector's largest request has {mebibytes(burst)}: one that is larger than this is never taken"
    return f"half of what may be live, {mebibytes(burst)}: a request that is larger is never taken"


def _time(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds >= 120 else f"{seconds} s"


def _divided(intake: Intake) -> str:
    parts = []
    if intake.copies > 1:
        parts.append(f"{intake.copies} copies of each")
    if intake.distributor.most > 1:
        counted = "{} distributors share it" if intake.shared else "each of {} distributors counts for itself"
        parts.append(counted.format(intake.distributor.most))
    if intake.tenants > 1:
        parts.append(f"{intake.tenants_at_once} of {intake.tenants} tenants may be at their limit at once")
    return ", ".join(parts) or "one distributor, one tenant"


def _why_cpu(replica: Replica, carried: int) -> str:
    one = "an ingester" if replica.component == "ingester" else f"a {replica.component}"
    several = f"{replica.fewest} {replica.component}s" if replica.fewest > 1 else one
    return f"{several} of {cpu(replica.cpu_millicores or 0)} can take in {megabytes(carried)}/s each"
