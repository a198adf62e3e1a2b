"""docs/configuration.md: made from the models, so that every key is in it, with a meaning."""

from pydantic import BaseModel

from ops.reference import meanings, page, rows
from settings import Settings
from settings.explain import inner_model, known_keys


def test_every_key_of_every_model_is_on_the_page_with_a_meaning() -> None:
    models: list[type[BaseModel]] = [Settings]
    seen: set[type[BaseModel]] = set()
    while models:
        model = models.pop()
        if model in seen:
            continue
        seen.add(model)
        models += [inner for field in model.model_fields.values() if (inner := inner_model(field.annotation))]
        assert set(meanings(model)) == set(model.model_fields)
        for key in known_keys(model):
            assert f"{key}`" in page() or f"{key}." in page() or f"{key}[]" in page()
    assert len(seen) > 20


def test_a_row_says_what_a_key_takes_and_what_it_is_without() -> None:
    table = {row.key: row for row in rows(Settings)}
    assert table["name"][1:3] == ("DNS label, 32 characters at most", "required")
    assert table["createNamespace"][1:3] == ("`true` or `false`", "`true`")
    assert table["spec.resources.requestRatio"][1:3] == ("number, more than 0, 1 or less", "`0.3`")
    assert table["spec.tenants.mode"][1:3] == ("`openshift` or `static`", "required")
    assert table["spec.template.ingester.nodeSelector"].type == "label key to label value"
    assert "plaintextSecrets" not in table


def test_keys_that_a_user_names_stand_for_what_is_below_them() -> None:
    table = {row.key: row for row in rows(Settings)}
    assert table["spec.retention.perTenant.<tenant id>.traces"].type == "duration"
    assert table["spec.limits.perTenant"].type == "tenant id to [tenant's limits](#a-tenants-limits)"
    assert "`ingestion.maxBytesPerTrace`" in page().split("## A tenant's limits")[1].split("##")[0]
