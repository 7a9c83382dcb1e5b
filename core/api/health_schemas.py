"""What the API reads of a member's health facts. Unknown fields are refused."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.api.strict import Body, Choice, Day, Id, Int, Words
from core.care import codes, rules

MOST = 100


def _many(inner: Any, high: int = MOST) -> fields.List:
    return fields.List(inner, validate=validate.Length(0, high, error="length|{min}|{max}"))


class AllergyBody(Body):
    """An allergy: a class or ingredient by `code`, or `text`. With `id` its status is changed."""

    id = Id()
    code_kind = Choice(codes.CLASS, codes.INGREDIENT)
    code = Words(60)
    text = Words(200)
    status = Choice(*rules.MAY_BE[rules.ALLERGY])
    type = Choice(*rules.TYPES)
    category = Choice(*rules.CATEGORIES)
    criticality = Choice(*rules.CRITICALITIES)
    verification = Choice(*rules.VERIFICATIONS)
    reaction = Words(200)
    severity = Choice(*rules.SEVERITIES)
    onset = Day()
    why = Words(200)


class ConditionBody(Body):
    """A condition: a code of the list, an ICD-10 code, or words."""

    id = Id()
    code = Words(60)
    icd10 = Words(12)
    text = Words(200)
    status = Choice(*rules.MAY_BE[rules.CONDITION])
    since = Day()
    why = Words(200)


class MedicineBody(Body):
    """A medicine: single ingredients, the code of an item, or words."""

    id = Id()
    ingredients = _many(Words(60, 1), rules.INGREDIENTS_MOST)
    item = Words(40)
    text = Words(200)
    dose = Words(120)
    status = Choice(*rules.MAY_BE[rules.MEDICINE])
    started = Day()
    until = Day()
    source = Choice(*rules.SOURCES)
    why = Words(200)


class HealthBody(Body):
    """What is told of a member; what is not told stays. `version` 0: nothing was noted yet."""

    version = Int(0, required=True)
    allergy_status = Choice(*rules.STATUSES)
    allergies = _many(fields.Nested(AllergyBody))
    conditions = _many(fields.Nested(ConditionBody))
    medicines = _many(fields.Nested(MedicineBody))
