"""Health facts for tests: a role at a screen, and facts full of words that must not be seen."""

from __future__ import annotations

from typing import Any

from core.care import rules, services
from tests.core.desk import desk_kit

CANARY = "金丝雀健康9K"


class Desk:
    """The roles of a house at their screens."""

    def __init__(self, installation: Any, house: Any = None) -> None:
        self.installation, self.house = installation, house or installation.dental
        self.app = desk_kit.web_of(installation)
        self.app.config["WTF_CSRF_ENABLED"] = False

    def client(self, role: str) -> Any:
        """Return a signed-in client of a role."""
        client = self.app.test_client()
        client.set_cookie("huike", desk_kit.secret_of(self.installation, self.house, role))
        return client


def note(house: Any, person_id: int, **more: Any) -> int:
    """Note an allergy (to penicillins unless told) and return the fact's id."""
    more = more or {"code_kind": "class", "code": "penicillins"}
    with house.unit() as session:
        return services.note(session, person_id, rules.allergy(today=services.today(), **more)).id


def plant(house: Any, person_id: int) -> None:
    """Note a coded allergy, one in words, a condition and a medicine of somebody, words in every field."""
    with house.unit() as session:
        day = services.today()
        for new in (
            rules.allergy(today=day, code_kind="class", code="penicillins", reaction="反应秘密"),
            rules.allergy(today=day, text="芒果秘密"),
            rules.condition(today=day, code="epilepsy", text=f"{CANARY}病情", icd10="G40.9"),
            rules.medicine(today=day, text="华法林秘密", dose=f"{CANARY}剂量"),
            rules.physiology(today=day, state="pregnancy", value="yes"),
        ):
            services.note(session, person_id, new)
