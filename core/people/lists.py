"""The list of members: what each column selects and how it is shown, sorts, filters and search.

Names of tiers and stores, points and cards lie on higher floors: the desk hands in what it adds.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from sqlalchemy import false, select

from core.kernel import clock
from core.kernel.i18n import _, _l
from core.kernel.sealed import open_text
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import fen, number, short_day
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, link
from core.people import rules, services
from core.people.models import Person, PersonTag

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

GENDERS = (("female", _l("女")), ("male", _l("男")), ("unknown", _l("未填")))
SINCE = (("7", _l("7 天内")), ("30", _l("30 天内")), ("90", _l("90 天内")), ("365", _l("一年内")))
AWAY = (*SINCE, ("away90", _l("超过 90 天没来")), ("away180", _l("超过 180 天没来")))
TAG_LIMIT = 30


def members(
    *,
    tiers: tuple[tuple[str, str], ...],
    stores: tuple[tuple[str, str], ...],
    tags: tuple[tuple[str, str], ...],
    tier_cell: Callable[[Any], Any],
    tier_name: Callable[[Any], str],
    url: Callable[[int], str],
    more: tuple[Column, ...] = (),
    filters: tuple[Filter, ...] = (),
) -> ListSpec:
    """Return the member list of the acting franchise; `more` and `filters` are the higher floors' own."""
    store_names = dict(stores)
    return ListSpec(
        key="members",
        model=Person,
        noun=_l("人"),
        search=search,
        search_hint=_l("在会员里找"),
        where=lambda _session: Person.active.is_(True),
        columns=(
            Column(
                "name",
                _l("姓名"),
                (Person.id, Person.name, Person.tier_code),
                lambda row: link(url(row.id), row.name, _small_screen(tier_cell(row))),
                phone="title",
                fixed=True,
                plain=lambda row: row.name,
            ),
            Column(
                "phone",
                _l("手机"),
                (Person.phone_sealed, Person.contact_of_id),
                phone_cell,
                phone="meta",
                quiet=True,
                full=phone_whole,
            ),
            Column("tier", _l("等级"), (Person.tier_code,), tier_cell, plain=tier_name),
            *more,
            Column(
                "last",
                _l("最近到店"),
                (Person.last_visit_at,),
                lambda row: day_cell(row.last_visit_at),
                phone="note",
                plain=lambda row: day_plain(row.last_visit_at),
            ),
            Column("visits", _l("到店次数"), (Person.visits,), lambda row: number(row.visits), numeric=True),
            Column("spent", _l("累计消费"), (Person.spent_fen,), lambda row: fen(row.spent_fen), numeric=True),
            Column(
                "store",
                _l("门店"),
                (Person.store_id,),
                lambda row: store_names.get(str(row.store_id), "—"),
                quiet=True,
            ),
            Column(
                "joined",
                _l("入会"),
                (Person.joined_at,),
                lambda row: day_cell(row.joined_at),
                shown=False,
                plain=lambda row: day_plain(row.joined_at),
            ),
            Column("no", _l("会员号"), (Person.member_no,), lambda row: row.member_no, shown=False, quiet=True),
            Column(
                "gender",
                _l("性别"),
                (Person.gender,),
                lambda row: str(dict(GENDERS).get(row.gender, "—")),
                shown=False,
            ),
            Column("birth", _l("生日"), (Person.birth_on,), lambda row: birth_cell(row), shown=False),
            Column("occupation", _l("职业"), (Person.occupation,), lambda row: row.occupation or "—", shown=False),
        ),
        sorts=(
            Sort("recent", _l("最近到店"), (Person.last_visit_at, Person.id), down=True, column="last"),
            Sort("joined", _l("最近入会"), (Person.joined_at, Person.id), down=True, column="joined"),
            Sort("spent", _l("累计消费"), (Person.spent_fen, Person.id), down=True, column="spent"),
            Sort("name", _l("姓名拼音"), (Person.pinyin, Person.id), column="name"),
        ),
        filters=(
            Filter("tier", _l("等级"), tiers, lambda value: Person.tier_code == value),
            Filter("store", _l("门店"), stores, lambda value: Person.store_id == int(value)),
            Filter("gender", _l("性别"), GENDERS, lambda value: Person.gender == value),
            *filters,
            Filter("last", _l("最近到店"), AWAY, last_where),
            Filter("joined", _l("入会"), SINCE, lambda value: Person.joined_at >= days_ago(int(value))),
            Filter("tag", _l("标签"), tags, tag_where),
        ),
    )


@lru_cache(maxsize=256, typed=True)
def _small_screen(badge: Any) -> Markup:
    """Return the tier as it stands behind the name where rows are cards: a telephone has no columns."""
    return Markup('<span class="onphone">{}</span>').format(badge)


def search(_session: Session, text: str) -> Any:
    """Return a query of the ids that the typed text matches; none for a text without letters or digits."""
    found = services.matching(rules.parse_query(text))
    return select(Person.id).where(false()) if found is None else found


def tag_where(value: str) -> Any:
    """Return the criterion: has the tag."""
    return Person.id.in_(select(PersonTag.person_id).where(PersonTag.tag == value))


def last_where(value: str) -> Any:
    """Return the criterion: came within so many days, or stayed away for longer."""
    if value.startswith("away"):
        return Person.last_visit_at < days_ago(int(value[4:]))
    return Person.last_visit_at >= days_ago(int(value))


def days_ago(days: int) -> int:
    """Return the instant (milliseconds) at which the day so many days ago began."""
    tz = clock.zone(current_actor().tz)
    start = clock.today(current_actor().tz) - dt.timedelta(days=days)
    return clock.to_ms(dt.datetime.combine(start, dt.time.min, tz))


def phone_cell(row: Any) -> str:
    """Return the masked phone of a row; a child without one shows whose it uses."""
    fid = current_actor().franchise_id
    phone = open_text("person", "phone_sealed", row.id, fid, row.phone_sealed)
    if phone:
        return rules.mask_phone(phone)
    return _("家人手机") if row.contact_of_id else "—"


def phone_whole(row: Any) -> str:
    """Return the whole phone of a row, for a file that somebody may have and said why."""
    fid = current_actor().franchise_id
    return open_text("person", "phone_sealed", row.id, fid, row.phone_sealed) or ""


def day_plain(at: int) -> str:
    """Return the day of an instant as a date; nothing for never."""
    return clock.business_date(clock.from_ms(at), current_actor().tz).isoformat() if at else ""


def day_cell(at: int) -> str:
    """Return the day of an instant as people say it; a dash for never."""
    if not at:
        return "—"
    return short_day(clock.business_date(clock.from_ms(at), current_actor().tz))


def birth_cell(row: Any) -> str:
    """Return the date of birth."""
    return row.birth_on.isoformat() if row.birth_on else "—"
