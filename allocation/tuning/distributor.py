"""The distributor: how many requests at once and how large, and a refusal that a sender may try again."""

from collections.abc import Iterator

from allocation.tuning import coefficients as c
from allocation.tuning.health import health_setting
from allocation.tuning.replica import Replica, clamp, mebibytes, part
from allocation.tuning.setting import Setting

PROTOCOLS = "distributor.receivers.otlp.protocols"
RETRY_KEY, RETRY_AFTER = "distributor.retry_after_on_resource_exhausted", "1s"
REQUESTS_PART = 2  # requests may take half of the room
LEAST_STREAMS, MOST_STREAMS = 8, 1000  # beyond which nobody would feel a bound


def distributor_settings(distributor: Replica, ingester: Replica) -> Iterator[Setting]:
    """What goes into distributor.yaml; whoever's limits bound the rate, it is the distributor that refuses."""
    if not (distributor.limited or ingester.limited):
        return
    why = (
        "over the rate limit a sender is asked to come again; without this, OTLP forbids it to, and the spans are lost"
    )
    yield Setting("distributor", RETRY_KEY, RETRY_AFTER, why)
    yield from health_setting("distributor", ingester)
    if distributor.room_bytes is None:
        return
    requests = distributor.room_bytes // REQUESTS_PART
    costs = f"a request takes {c.REQUEST_COST} times its bytes"
    one_of_each = c.CONNECTIONS * c.USUAL_REQUEST_BYTES * c.REQUEST_COST
    streams = clamp(requests // one_of_each, LEAST_STREAMS, MOST_STREAMS)
    if streams < MOST_STREAMS:
        fits = part(requests, streams * one_of_each)
        why = f"{costs}, {fits}: so many of {mebibytes(c.USUAL_REQUEST_BYTES)} on each of {c.CONNECTIONS} connections"
        yield Setting("distributor", f"{PROTOCOLS}.grpc.max_concurrent_streams", streams, why)
    body = clamp(requests // c.REQUEST_COST, c.LARGEST_REQUEST_BYTES, c.DEFAULT_HTTP_REQUEST_BYTES)
    if body < c.DEFAULT_HTTP_REQUEST_BYTES:
        why = f"{costs}, {part(requests, body * c.REQUEST_COST)}; gRPC takes 4Mi anyway"
        yield Setting("distributor", f"{PROTOCOLS}.http.max_request_body_size", body, why)
