"""Plans written by hand, for tests of how plans are shown."""

from allocation import ContainerPlan, Figure, Finding, Plan, WorkloadPlan
from allocation.plan import Source

MI = 2**20


def container(
    name: str, cpu: tuple[int | None, int | None], memory: tuple[int | None, int | None], source: Source = "override"
) -> ContainerPlan:
    """Cpu (limit, request) in millicores, memory in Mi; None comes from nowhere."""

    def figures(index: int) -> dict[str, Figure]:
        amounts = {
            "cpu": cpu[index],
            "memory": None if memory[index] is None else (memory[index] or 0) * MI,
            "ephemeral-storage": None,
        }
        return {each: Figure(amount, "none" if amount is None else source) for each, amount in amounts.items()}

    return ContainerPlan(name, f"spec.template.{name}.resources", figures(0), figures(1))  # type: ignore[arg-type]


def over_allocated() -> Plan:
    """Three distributors, a pod of two containers, MinIO outside; more cpu than the total, no request total."""
    return Plan(
        name="tmrs",
        totals={"limits": {"cpu": 2000, "memory": 2048 * MI}, "requests": {}},
        workloads=(
            WorkloadPlan(
                "distributor", "tempo-tmrs-distributor", "Deployment", 3, (container("tempo", (521, 157), (226, 69)),)
            ),
            WorkloadPlan(
                "query-frontend",
                "tempo-tmrs-query-frontend",
                "Deployment",
                1,
                (container("tempo", (161, 49), (83, 27)), container("jaeger-query", (776, 50), (87, None), "share")),
            ),
        ),
        outside=(
            WorkloadPlan(
                "minio", "tempo-tmrs-minio", "Deployment", 1, (container("minio", (500, 100), (512, 256), "default"),)
            ),
        ),
        findings=(
            Finding(
                "error",
                "over-allocated",
                "spec.resources.total.limits.cpu",
                "the containers' cpu limits add up to 2500m, 500m more than the total of 2",
                "raise the total to 2500m or lower the overrides",
            ),
        ),
    )
