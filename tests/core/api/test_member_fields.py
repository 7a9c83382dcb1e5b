"""What is kept of members, through the API: industry, interests, adviser, the franchise's own fields (S3-03, S4-20)."""

from __future__ import annotations

from core.kernel.tenancy import acting
from core.people import services as people
from core.people.models import PersonField


def define(dental, **more):
    with acting(dental.installation.actor(dental.house)), dental.installation.unit() as session:
        values = {"key": "skin", "label": "肤质", "kind": "choice", "choices": "干性\n油性", **more}
        session.add(PersonField(**values))


def test_kept_told_and_changed(dental):
    define(dental)
    define(dental, key="secret", kind="text", protected=True, choices="")
    number = dental.house.numbers["pharmacist"]
    made = dental.ok("POST", "/members", {
        "name": "王芳", "company": "一小", "industry": "教育", "interests": "跑步", "adviser": number,
        "own_fields": {"skin": "油性"},
    })  # fmt: skip
    assert [made[key] for key in ("company", "industry", "interests", "adviser")] == ["一小", "教育", "跑步", number]
    assert made["own_fields"] == {"skin": "油性"}
    path = f"/members/{made['id']}"
    change = {"version": made["version"], "industry": "医疗", "adviser": None, "own_fields": {"skin": ""}}
    changed = dental.ok("PATCH", path, change)
    assert (changed["industry"], changed["adviser"], changed["own_fields"]) == ("医疗", None, {})
    assert changed["version"] > made["version"]
    assert "economy" not in changed


def test_what_does_not_fit_names_its_field(dental):
    define(dental)
    define(dental, key="secret", kind="text", protected=True, choices="")
    made = dental.ok("POST", "/members", {"name": "王芳"})
    path, version = f"/members/{made['id']}", made["version"]
    for wrong, field in (
        ({"own_fields": {"skin": "绿色"}}, "own_fields.skin"), ({"own_fields": {"nothing": "1"}}, "own_fields.nothing"),
        ({"own_fields": {"secret": "x"}}, "own_fields.secret"), ({"adviser": "999"}, "adviser"),
        ({"own_fields": {"skin": 5}}, "own_fields.skin"), ({"economy": "high"}, "economy"),
    ):  # fmt: skip
        status, code, answer = dental.problem(dental.call("PATCH", path, {"version": version, **wrong}))
        assert (status, code) == (422, "invalid")
        assert answer["errors"][0]["field"].startswith(field), (wrong, answer["errors"])
    assert dental.member(made["id"])["version"] == version
    with acting(dental.installation.actor(dental.house)), dental.installation.unit("read") as session:
        assert people.get(session, made["id"]).economy == ""
