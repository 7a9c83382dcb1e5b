"""Health of odd people for conditions, and a slow plain reading of the facts about it."""

from __future__ import annotations

from core.care.models import HealthFact, HealthRecord
from core.kernel import clock

HEALTH = [
    ("allergy", "class|penicillins"), ("allergy", "ingredient|aspirin"), ("allergy", "text|芒果"),
    ("condition", "code|renal_severe"), ("condition", "code|asthma"), ("condition", "icd10|K02"),
    ("physiology", "pregnancy|yes"), ("physiology", "pregnancy|no"), ("physiology", "lactation|yes"),
]  # fmt: skip


def put(session, rng, person):
    """Note a random history of a person, of half of them none."""
    if rng.random() < 0.5:
        return
    status = rng.choice(["unknown", "none_known", "listed"])
    session.add(HealthRecord(person_id=person.id, allergy_status=status, version=1))
    for kind, code in rng.sample(HEALTH, rng.randint(0, 3)):
        row = HealthFact(
            person_id=person.id, kind=kind, status=rng.choice(["active", "active", "refuted"]), noted_at=clock.now_ms()
        )
        row.code = f"{kind}|{code}"
        session.add(row)


class SlowHealth:
    """The facts of core/care by plain loops over `health` and `asked`."""

    def _health(self, p, kind):
        return {
            h.code.partition("|")[2] for h in self.health if (h.person_id, h.kind, h.status) == (p.id, kind, "active")
        }

    def f_care_asked(self, p, _d):
        return any(r.person_id == p.id and r.allergy_status != "unknown" for r in self.asked)

    def f_care_allergic(self, p, _d):
        return bool(self._health(p, "allergy"))

    def f_care_allergy(self, p, _d):
        return {code.replace("|", ":") for code in self._health(p, "allergy")}

    def f_care_condition(self, p, _d):
        found = {code.partition("|")[2] for code in self._health(p, "condition") if code.startswith("code|")}
        return found | ({"renal_impairment"} if "renal_severe" in found else set())

    def f_care_pregnant(self, p, _d):
        return "pregnancy|yes" in self._health(p, "physiology")

    def f_care_lactating(self, p, _d):
        return "lactation|yes" in self._health(p, "physiology")
