"""What people offers to conditions: who somebody is, when they came, what they agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, extract, func, literal, select
from sqlalchemy.orm import aliased

from core.hookfacts import Ago, Fact, Of, Rows, Total
from core.kernel.i18n import _l
from core.org.models import Store
from core.people import consents, custom
from core.people.lists import GENDERS
from core.people.models import Consent, Person, PersonValue
from core.people.services import PURPOSES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WHO, VISITS, TIES = _l("基本信息"), _l("到店与消费"), _l("标签与关系")
LONG_AGO = 36_500
PURPOSE_NAMES = {
    "membership": _l("同意会员服务"), "health": _l("同意健康信息"), "marketing_sms": _l("同意营销短信"),
    "marketing_email": _l("同意营销邮件"), "profiling": _l("同意个性化推荐"), "share_stores": _l("同意门店间共享"),
    "photo_record": _l("同意照片存档"), "photo_education": _l("同意照片教学"), "photo_publicity": _l("同意照片宣传"),
}  # fmt: skip
MANY = 500


def _stores(session: Session) -> list[tuple[str, Any]]:
    return [(row[0], row[1]) for row in session.execute(select(Store.code, Store.name).order_by(Store.code))]


def _sources(session: Session) -> list[tuple[str, Any]]:
    rows = session.scalars(select(Person.source).distinct().order_by(Person.source).limit(MANY))
    return [(one, one) for one in rows if one]


def _consents() -> Rows:
    """Return the purposes to which a person agrees today."""
    return Rows(select(Consent.person_id).where(consents.in_force()), Consent.purpose)


def _referrals() -> Total:
    brought = aliased(Person)
    return Total(select(brought.referrer_id).where(brought.referrer_id.is_not(None)), func.count(brought.id))


def _filled(column: Any) -> Any:
    return case((column != "", column), else_=literal(None))


FACTS = (
    Fact("gender", _l("性别"), "choice", lambda _s, _p: Of(Person.gender), group=WHO, missing="unknown",
         choices=lambda _s: GENDERS, extra={"fixed": True}, order=10),
    Fact("age", _l("年龄"), "number", lambda _s, _p: Ago(Person.birth_on, unit="years"), group=WHO, unit=_l("岁"),
         high=150, help=_l("没有登记生日的人不满足任何年龄条件。"), order=11),
    Fact("birth_month", _l("生日月份"), "number", lambda _s, _p: Of(extract("month", Person.birth_on)), group=WHO,
         unit=_l("月"), low=1, high=12, help=_l("按公历出生日期。"), order=12),
    Fact("occupation", _l("职业"), "text", lambda _s, _p: Of(_filled(Person.occupation)), group=WHO, order=14),
    Fact("has_phone", _l("登记了手机"), "flag", lambda _s, _p: Of(Person.phone_blind.is_not(None)), group=WHO,
         missing=False, order=15),
    Fact("store", _l("所属门店"), "choice",
         lambda _s, _p: Rows(select(Store.id), Store.code, anchor=Person.store_id), group=WHO, missing="",
         choices=_stores, order=16),
    Fact("source", _l("来源"), "choice", lambda _s, _p: Of(Person.source), group=WHO, missing="",
         choices=_sources, order=17),
    Fact("custom", _l("自定义资料"), "set",
         lambda _s, _p: Rows(select(PersonValue.person_id).where(PersonValue.code != ""), PersonValue.code), group=WHO,
         choices=custom.fact_choices, help=_l("单选和是否类的自定义资料；加密的和受保护的不能用来圈人群。"), order=18),
    Fact("industry", _l("行业"), "text", lambda _s, _p: Of(_filled(Person.industry)), group=WHO, order=19),
    Fact("adviser", _l("有专属顾问"), "flag", lambda _s, _p: Of(Person.adviser_id.is_not(None)), group=TIES,
         missing=False, order=35),
    Fact("joined", _l("入会距今"), "number", lambda _s, _p: Ago(Person.joined_at, instant=True), group=VISITS,
         unit=_l("天"), missing=0, order=20),
    Fact("last_visit", _l("最近到店距今"), "number", lambda _s, _p: Ago(Person.last_visit_at, instant=True, never=0),
         group=VISITS, unit=_l("天"), missing=LONG_AGO, help=_l("从未到店的人算作很久以前。"), order=21),
    Fact("visits_ever", _l("累计到店"), "number", lambda _s, _p: Of(Person.visits), group=VISITS, unit=_l("次"),
         missing=0, order=22),
    Fact("spent_ever", _l("累计消费"), "money", lambda _s, _p: Of(Person.spent_fen), group=VISITS, missing=0,
         order=23),
    Fact("consent", _l("同意"), "set", lambda _s, _p: _consents(), group=TIES,
         choices=lambda _s: tuple((key, PURPOSE_NAMES[key]) for key in PURPOSES), extra={"fixed": True}, order=32),
    Fact("referred", _l("由会员推荐来"), "flag", lambda _s, _p: Of(Person.referrer_id.is_not(None)), group=TIES,
         missing=False, order=33),
    Fact("referrals", _l("推荐来的会员"), "number", lambda _s, _p: _referrals(), group=TIES, unit=_l("人"), missing=0,
         prices=False, extra={"why": _l("只数人头给权益是法律禁止的，请用“推荐来并消费过的会员”。")}, order=34),
)  # fmt: skip
