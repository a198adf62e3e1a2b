"""`python -m sandbox.load.worker`: one process that pushes; a job as JSON on stdin, its answers as JSON on stdout."""

import itertools
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import astuple

from sandbox.load.answers import OK, Answer
from sandbox.load.jobs import Job
from sandbox.load.payloads import Payloads
from sandbox.load.senders import Done, Sender

_LATE_SECONDS = 0.5  # a request that could not leave within this of its time is given up


def run(job: Job) -> dict[str, object]:
    """Pushes, waits for the last answer, and returns what became of each request."""
    payloads = Payloads(job.shape, job.seed)
    sender = Sender(job.targets, job.connections, job.timeout_seconds)
    free, refused = threading.Semaphore(job.in_flight), threading.Event()
    answers: list[Answer] = []
    began, cpu = time.monotonic(), time.process_time()
    late = sent = 0
    gives_up = False
    most_late = (job.late_part or 0) * job.spans_per_second * job.seconds

    def answered(number: int, at: float) -> Done:
        def done(code: str, retryable: bool) -> None:
            answers.append(Answer(number, round(at - began, 4), round(time.monotonic() - at, 5), code, retryable))
            if code != OK:
                refused.set()
            free.release()

        return done

    for number, due in _schedule(job, began):
        if gives_up := job.late_part is not None and (refused.is_set() or late > most_late):
            break
        behind = time.monotonic() - due
        if behind > _LATE_SECONDS or not free.acquire(timeout=_LATE_SECONDS - max(behind, 0)):
            late += job.shape.spans_per_request
            continue
        sent += 1
        sender.send(payloads.request(number, time.time_ns()), answered(number, time.monotonic()))
    if gives_up:
        sent = len(answers)  # nobody waits for the others, so nothing is known of them
    deadline = time.monotonic() + job.timeout_seconds + 1
    while len(answers) < sent and time.monotonic() < deadline:
        time.sleep(0.01)
    seconds, used = time.monotonic() - began, time.process_time() - cpu
    done = [astuple(answer) for answer in list(answers)]
    sender.close()  # cancels what is under way
    lost = max(0, sent - len(done))
    return {"answers": done, "late": late, "unanswered": lost, "seconds": seconds, "cpu_seconds": used}


def _schedule(job: Job, began: float) -> Iterator[tuple[int, float]]:
    """Yields the number and the due time of each request, once it is due."""
    every = job.shape.spans_per_request / job.spans_per_second
    for number in itertools.count():
        if (due := began + number * every) >= began + job.seconds:
            return
        time.sleep(max(0.0, due - time.monotonic()))
        yield number, due


if __name__ == "__main__":
    json.dump(run(Job.of_json(sys.stdin.read())), sys.stdout)
