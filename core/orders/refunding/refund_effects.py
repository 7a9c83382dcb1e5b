"""What a refund moves, as data and in words: the same for its preview and for itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.ledger import services as ledger
from core.orders.value import stored_value
from core.wallet import law


@dataclass(slots=True)
class Effects:
    """What a refund moves. `effects` are sentences for the member and the desk."""

    refund_no: str = ""
    amount_fen: int = 0
    released_fen: int = 0
    owed_fen: int = 0
    tenders: list[dict[str, Any]] = field(default_factory=list)
    points_taken: int = 0
    points_returned: int = 0
    points_debt: int = 0
    points_grace: int = 0
    lots: list[dict[str, Any]] = field(default_factory=list)
    coupons: list[dict[str, Any]] = field(default_factory=list)
    coupon_names: dict[str, str] = field(default_factory=dict)
    courses: list[dict[str, Any]] = field(default_factory=list)
    item_names: dict[str, str] = field(default_factory=dict)
    top_ups: list[dict[str, Any]] = field(default_factory=list)
    stored: dict[str, int] = field(default_factory=dict)
    tier: dict[str, str] = field(default_factory=dict)
    referral: list[dict[str, Any]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    routes: dict[str, tuple[str, str]] = field(default_factory=dict)
    routed: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """Return the identity of these effects: a preview's `preview_id`."""
        plain = [self.amount_fen, self.tenders, self.points_taken, self.points_returned,
                 self.points_debt, self.points_grace,
                 self.lots, self.coupons, self.courses, self.tier, self.referral, self.released_fen, *self.top_ups,
                 *self.stored.items(), *self.routed]  # fmt: skip
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]

    def paid_by(self, kind: str) -> str:
        """Return as which way to pay the till counts what goes back of a tender."""
        return self.routes[kind][1] if kind in self.routes else kind

    def _way_back(self, kind: str) -> dict[str, str]:
        return {"route": self.routes.get(kind, ("same", kind))[0], "paid_by": self.paid_by(kind)}

    def to_json(self) -> dict[str, Any]:
        """Return the answer of a refund and of its preview (contract.md section 4)."""
        return {
            "refund_no": self.refund_no,
            "preview_id": self.digest(),
            "amount_fen": self.amount_fen,
            "tenders": [{**one, **self._way_back(one["kind"])} for one in stored_value.merged(self.tenders)],
            "points": {
                "taken": self.points_taken,
                "returned": self.points_returned,
                "debt": self.points_debt,
                "grace": self.points_grace,
            },
            "lots": self.lots,
            "coupons": self.coupons,
            "courses": self.courses,
            "stored_value": {"top_ups": self.top_ups, "returned": self.stored},
            "tier": self.tier,
            "referral": self.referral,
            "released_fen": self.released_fen,
            "owed_fen": self.owed_fen,
            "effects": self.effects,
        }


def _of_money(effects: Effects) -> list[str]:
    if not effects.top_ups:
        if effects.routed:
            return [_("退还 %(y)s 元。", y=show_yuan(effects.amount_fen)), *effects.routed]
        return [_("退还 %(y)s 元，按原支付方式退回。", y=show_yuan(effects.amount_fen))]
    return [_("退还 %(y)s 元。", y=show_yuan(effects.amount_fen))]


def _of_stored_value(effects: Effects) -> list[str]:
    says = []
    for one in effects.top_ups:
        says.append(_("按“%(formula)s”计算。", formula=str(law.FORMULA_NAMES[one["formula"]])))
        if one["bonus_fen"]:
            says.append(_("赠金 %(y)s 元收回。", y=show_yuan(one["bonus_fen"])))
        if one["kept_fen"]:
            says.append(_("本金余额中 %(y)s 元按已消费计算，不退。", y=show_yuan(one["kept_fen"])))
    if effects.stored:
        told = {"p": show_yuan(effects.stored["principal_fen"]), "b": show_yuan(effects.stored["bonus_fen"])}
        says.append(_("储值退回账户：本金 %(p)s 元、赠金 %(b)s 元，回到原来的批次。", **told))
        if effects.stored["grace_fen"]:
            says.append(
                _("其中赠金 %(y)s 元原批次已到期，给予 %(d)d 天宽限。", y=show_yuan(effects.stored["grace_fen"]),
                  d=ledger.GRACE_DAYS)
            )  # fmt: skip
    return says


def say(effects: Effects) -> None:
    """Put the effects into sentences for the person at the desk."""
    says = [*_of_money(effects), *_of_stored_value(effects)]
    if effects.released_fen:
        says.append(_("核减欠款 %(y)s 元：退掉的部分不用再付。", y=show_yuan(effects.released_fen)))
    if effects.owed_fen:
        says.append(_("本单还欠 %(y)s 元。", y=show_yuan(effects.owed_fen)))
    if effects.points_taken:
        says.append(_("扣回消费所得积分 %(n)d 分。", n=effects.points_taken))
    if effects.points_debt:
        says.append(_("其中 %(n)d 分已用掉，记为欠分；下次得分先抵扣，还清前不能用积分。", n=effects.points_debt))
    if effects.points_returned:
        says.append(_("退回抵现积分 %(n)d 分，到期日不变。", n=effects.points_returned))
    if effects.points_grace:
        says.append(_("其中 %(n)d 分原批次已到期，给予 %(d)d 天宽限。", n=effects.points_grace, d=ledger.GRACE_DAYS))
    returned = sum(course["returned"] for course in effects.courses)
    if returned:
        says.append(_("疗程次数退回 %(n)d 次，可再核销。", n=returned))
    for course in (one for one in effects.courses if one["sessions"]):
        told = {
            "item": effects.item_names.get(course["item"], course["item"]),
            "n": course["sessions"],
            "used": course["used"],
        }
        says.append(
            _("收回“%(item)s”未用的 %(n)d 次；已用的 %(used)d 次不退。", **told)
            if course["used"]
            else _("收回“%(item)s”未用的 %(n)d 次。", **told)
        )
    for coupon in effects.coupons:
        says.append(
            _("“%(name)s”退回，可再次使用。", name=effects.coupon_names[coupon["code"]])
            if coupon["usable"]
            else _("“%(name)s”退回，但已过有效期。", name=effects.coupon_names[coupon["code"]])
        )
    if effects.tier:
        says.append(_("等级由 %(a)s 变为 %(b)s。", a=effects.tier["from"], b=effects.tier["to"]))
    effects.effects = says + effects.effects
