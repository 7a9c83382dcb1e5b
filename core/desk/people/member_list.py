"""The member list with what lies above people: tiers, points that may be used, family cards."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from sqlalchemy import func, or_, select

from core.cards.models import Card, CardSeat
from core.desk.people import advisers
from core.desk.permissions import VIEW
from core.kernel import clock
from core.kernel.i18n import _l
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import number
from core.kernel.web.lists import Column, Filter, address
from core.kernel.web.offered import Offered, offer
from core.ledger import services as ledger
from core.ledger.models import Account, Lot
from core.org import franchises
from core.people import lists as people_lists
from core.people.models import Person
from core.programme import services as programmes
from core.segments import services as segments
from core.segments.words import VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from core.kernel.web.lists import ListSpec


def spec(unit: Session) -> ListSpec:
    """Return the member list with what lies above people: tiers, points that may be used, family cards."""
    programme = programmes.in_force(unit)
    due = tuple(tier.code for tier in advisers.entitled(programme))
    return _spec(
        current_actor().staff_id,
        due,
        tuple((tier.code, tier.name) for tier in programme.tiers),
        franchises.store_choices(unit),
        tuple((tag, tag) for tag in segments.known_tags(unit)[: people_lists.TAG_LIMIT]),
        tuple((step.code, step.code) for step in segments.spec_of(unit, "grade").steps),
        clock.today(current_actor().tz),
        address("desk.member", person_id="0").removesuffix("0"),
    )


def made(unit: Session, _state: Mapping[str, str]) -> ListSpec:
    """Return the member list for what is done with all of it; nothing of it stands in its page's path."""
    return spec(unit)


offer(Offered("members", _l("会员"), VIEW, made, "desk.members", "person"))


@lru_cache(maxsize=64)
def _spec(
    me: int | None, due: tuple[str, ...], tiers: tuple[tuple[str, str], ...], stores: tuple[tuple[str, str], ...],
    tags: tuple[tuple[str, str], ...], grades: tuple[tuple[str, str], ...], today: date, prefix: str,
) -> ListSpec:  # fmt: skip
    """Build the list once for the same tiers, stores, tags and day: its expressions cost more than its query."""
    ranks = {code: (name, rank) for rank, (code, name) in enumerate(tiers, 1)}

    def tier_cell(row: Any) -> Any:
        name, rank = ranks.get(row.tier_code, (row.tier_code or "—", 0))
        return _tier(name, rank, len(tiers))

    # What may be used today: lots that ran out are left out even before the sweep books them.
    usable = (
        select(func.coalesce(func.sum(Lot.remaining), 0) - func.max(Account.debt))
        .select_from(Account)
        .outerjoin(
            Lot,
            (Lot.account_id == Account.id) & (Lot.remaining > 0)
            & or_(Lot.expires_on.is_(None), Lot.expires_on > today),
        )
        .where(
            Account.owner_kind == "person", Account.owner_id == Person.id, Account.unit == ledger.POINTS,
            Account.bucket == "available",
        )
        .correlate(Person)
        .scalar_subquery()
        .label("points")
    )  # fmt: skip
    shared = select(CardSeat.person_id).join(Card, Card.id == CardSeat.card_id).where(
        CardSeat.left_at.is_(None), Card.seats > 1, Card.status == "active"
    )  # fmt: skip
    return people_lists.members(
        tiers=tiers,
        stores=stores,
        tags=tags,
        tier_cell=tier_cell,
        tier_name=lambda row: ranks.get(row.tier_code, (row.tier_code, 0))[0],
        url=lambda person_id: f"{prefix}{person_id}",
        more=(
            Column(
                "points", _l("积分"), (usable,), lambda row: number(row.points or 0), numeric=True, phone="value"
            ),
            Column("grade", _l("分级"), (Person.grade,), lambda row: row.grade or "—", shown=False),
            Column(
                "value", _l("价值"), (Person.value_class,),
                lambda row: str(VALUE_NAMES.get(row.value_class, "—")), shown=False,
            ),
        ),
        filters=(
            Filter("grade", _l("分级"), grades, lambda value: Person.grade == value),
            Filter("value", _l("价值"), tuple(VALUE_NAMES.items()), lambda value: Person.value_class == value),
            Filter(
                "adviser", _l("专属顾问"), (("mine", _l("我是顾问")), ("due", _l("应有未有"))),
                lambda value: Person.adviser_id == me if value == "mine"
                else Person.adviser_id.is_(None) & Person.tier_code.in_(due),
            ),
            Filter(
                "card", _l("家庭卡"), (("yes", _l("有")), ("no", _l("没有"))),
                lambda value: Person.id.in_(shared) if value == "yes" else Person.id.not_in(shared),
            ),
        ),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _tier(name: str, rank: int, steps: int) -> Markup:
    bars = "".join(
        f'<rect x="{3.2 * n:.1f}" y="{8 - 1.6 * n:.1f}" width="2" height="{3 + 1.6 * n:.1f}" rx=".8"'
        f' fill="currentColor" opacity="{1 if n < rank else 0.22}"/>'
        for n in range(steps)
    )
    width = round(3.2 * steps - 1, 1)
    picture = Markup('<svg width="{0}" height="11" viewBox="0 0 {0} 11" aria-hidden="true">').format(width)
    return Markup('<span class="tier">{}{}</svg>{}</span>').format(picture, Markup(bars), name)  # noqa: S704
