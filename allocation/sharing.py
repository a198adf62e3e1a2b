"""Share a whole number of units over claims by weight: floors first, then largest remainder."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Enough:
    """An amount that is enough for one replica, in units, and the weight that counts once each has it.

    That weight is more than 0, and no more than the one until then.
    """

    amount: int
    weight: Fraction


@dataclass(frozen=True)
class Claim:
    """One container's claim on a pool.

    `weight` is relative, for all its replicas together; `floor` is in units, for one of them, and every unit is paid
    `replicas` times. A weight of zero claims no more than the floor, unless nobody has more weight. Where an amount is
    `enough`, the claim keeps it until the weight that counts from there on gives more.
    """

    weight: Fraction
    floor: int
    replicas: int
    enough: Enough | None = None


def share(pool: int, claims: Sequence[Claim]) -> list[int]:
    """Units per replica for each claim, in order.

    Every claim gets its floor or more, what is paid never exceeds the pool, and what is left is less than anyone could
    take. Nobody is further from its exact share than the largest replica count, in units, and where all counts are
    equal, no whole units are nearer (by squares). Only a pool that cannot hold the floors is exceeded: then every claim
    gets just its floor.
    """
    return _round_to_units(pool, claims, _exact(pool, claims))


def _exact(pool: int, claims: Sequence[Claim]) -> list[Fraction]:
    """Exact units per replica: what is more than enough for a claim is shared again, by its smaller weight.

    Terminates because in every round somebody more has enough; the others' shares only grow by that.
    """
    left = list(claims)
    while True:
        exact = _water_fill(pool, left)
        again = [_beyond_enough(claim, units) for claim, units in zip(left, exact, strict=True)]
        if again == left:
            return exact
        left = again


def _beyond_enough(claim: Claim, units: Fraction) -> Claim:
    """The claim as it is; of who gets more than enough, to keep that, and to what the smaller weight gives."""
    if claim.enough is None or units <= claim.enough.amount:
        return claim
    return Claim(claim.enough.weight, max(claim.floor, claim.enough.amount), claim.replicas)


def _water_fill(pool: int, claims: Sequence[Claim]) -> list[Fraction]:
    """Exact units per replica: who would fall below its floor gets the floor, the others share what remains.

    Terminates because in every round somebody more is at its floor; where the floors exceed the pool, everybody is.
    """
    at_floor: set[int] = set()
    while True:
        exact = _proportional(pool, claims, at_floor)
        below = {i for i, c in enumerate(claims) if exact[i] < c.floor}
        if not below:
            return exact
        at_floor |= below


def _proportional(pool: int, claims: Sequence[Claim], at_floor: set[int]) -> list[Fraction]:
    """Exact units per replica: floors for those at their floor, the rest of the pool by weight for the others."""
    rest = pool - sum(claims[i].floor * claims[i].replicas for i in at_floor)
    weights = [Fraction(0) if i in at_floor else c.weight for i, c in enumerate(claims)]
    if not any(weights):  # nobody weighs more than another: equal parts
        weights = [Fraction(i not in at_floor) for i in range(len(claims))]
    of_one = Fraction(rest) / (sum(weights) or 1)  # where nobody is left, nobody takes it
    return [Fraction(c.floor) if i in at_floor else of_one * weights[i] / c.replicas for i, c in enumerate(claims)]


def _round_to_units(pool: int, claims: Sequence[Claim], exact: Sequence[Fraction]) -> list[int]:
    """Round down, then hand the units that are left to the largest remainders, ties in order.

    What is left of a step that many replicas could not take goes to few, and may carry them further from their exact
    share than the largest replica count, in units. There many replicas go first: all that few get after them is less
    than the step which somebody could not take.
    """
    order = sorted(range(len(claims)), key=lambda i: int(exact[i]) - exact[i])
    units = _hand_out(pool, claims, exact, order)
    most = max((c.replicas for c in claims), default=0)
    if any((u - e) * c.replicas > most for u, e, c in zip(units, exact, claims, strict=True)):
        return _hand_out(pool, claims, exact, sorted(order, key=lambda i: -claims[i].replicas))
    return units


def _hand_out(pool: int, claims: Sequence[Claim], exact: Sequence[Fraction], order: Sequence[int]) -> list[int]:
    """Round down, then hand out single units in that order, until nobody can take what is left."""
    units = [int(e) for e in exact]
    left = pool - sum(u * c.replicas for u, c in zip(units, claims, strict=True))
    takers = [i for i in order if claims[i].replicas <= left]
    while takers:
        rounds, left = divmod(left, sum(claims[i].replicas for i in takers))  # a unit for everyone, as often as it goes
        for i in takers:
            more = rounds + (claims[i].replicas <= left)
            left -= (more - rounds) * claims[i].replicas
            units[i] += more
        takers = [i for i in takers if claims[i].replicas <= left]
    return units
