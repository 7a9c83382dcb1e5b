"""Opening balances from another system: points with their expiry, stored value (case B56, issue "going live")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from core.imports import rules, words
from core.imports.kinds import cells
from core.imports.kinds.base import Unit, Wording
from core.imports.kinds.keyed import marks, portions
from core.imports.kinds.opening import (
    CARD,
    MEMBER,
    ROWS,
    SOURCE,
    Known,
    OpeningKind,
    OpeningTask,
    OpeningWriter,
    Row,
    card,
    posting,
    until,
    who,
)
from core.imports.rules import Field
from core.imports.settings import BALANCES_PRESET
from core.kernel import audit
from core.kernel.i18n import _, _l, ngettext
from core.kernel.money import show_yuan
from core.kernel.statements import Statements, as_date
from core.kernel.web.formats import number as shown_number
from core.ledger import opening as ledger_opening
from core.ledger import services as ledger
from core.ledger.opening import Opening
from core.points import rules as point_rules
from core.programme import services as programmes
from core.wallet import limits
from core.wallet import opening as wallet
from core.wallet import rules as wallet_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.models import ImportBatch
    from core.imports.outcomes import Decision
    from core.imports.rules import ColumnMap, Vocabulary

MAX_POINTS, MAX_FEN = 10**8, 10**9
FIELDS = (
    Field(MEMBER, _l("会员号或手机")), Field(CARD, _l("会员卡号")), Field("points", _l("可用积分")),
    Field("points_until", _l("积分到期日")), Field("principal", _l("储值本金（元）")),
    Field("bonus", _l("储值赠金（元）")), Field("bonus_until", _l("赠金到期日")),
)  # fmt: skip

WORDS = Wording(
    title=_l("导入期初余额"),
    noun=_l("期初余额"),
    wants=_l("会员号、手机或卡号，至少一列；积分、积分到期日、储值本金、储值赠金、赠金到期日可选，金额单位是元"),
    checks=(
        _l("先导入会员和会员卡，再导入余额；旧卡号也能找到会员。"),
        _l("到期日是最后可用的一天；积分没有到期日的，按会员方案从今天起算。"),
        _l("准备好旧系统的合计数，下一步填进去核对；对不上就不会执行。"),
    ),
    recognised=(_l("会员号相同"), _l("本人手机相同"), _l("会员卡号或旧卡号相同")),
    filled=_l("每份文件只能导入一次。已由别的文件导入过、数额和到期日都相同的不会再加；数额不同的会退回核对。"),
    record=_l("余额"),
    name=_l("会员"),
    run=lambda n: ngettext("入账 %(many)s 行余额", "入账 %(many)s 行余额", n, many=shown_number(n)),
    nothing=_l("名单里的余额都已入账；执行也不会再加。"),
    none_at_all=_l("没有导入任何余额。"),
    taken_out=(_l("收回的余额"), lambda n: ngettext("%(many)s 行", "%(many)s 行", n, many=shown_number(n))),
    restored=_l("恢复原样的余额"),
    stays=_l("保留不动的余额"),
    used=_l("导入后用过其中一部分的，整行保留；收回以反向分录入账，原来的分录和审计记录都保留。"),
    undo=lambda n: ngettext("收回本批 %(many)s 行", "收回本批 %(many)s 行", n, many=shown_number(n)),
    undone=lambda p, c, s: _(
        "收回了 %(p)s 行余额；%(s)s 行因之后用过而保留。", p=shown_number(p), s=shown_number(s)
    ),
    until=lambda at: _("可以撤销到 %(at)s；之后用过的余额会保留。", at=at),
    late=_l("之后用过"),
    too_late=_l("只能在导入结束后 24 小时内撤销。现在请在会员页逐笔申请调整。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Give:
    """What a member is given: points and stored value (fen), each until the day before its first day of no use."""

    id: int
    points: int = 0
    points_ends: date | None = None
    principal: int = 0
    bonus: int = 0
    bonus_ends: date | None = None

    @property
    def value(self) -> tuple[Any, ...]:
        """Return the amounts and days alone."""
        return self.points, self.points_ends, self.principal, self.bonus, self.bonus_ends

    def at(self, record_id: int) -> Give:
        """Return the same under a record's id."""
        return replace(self, id=record_id)


@dataclass
class BalancesTask(OpeningTask):
    """What the rows of a list of balances are judged by. `months`: how long points live where a row does not say."""

    months: int | None = None
    most_fen: int = 0
    money: ClassVar[frozenset[str]] = frozenset({"principal", "bonus"})  # type: ignore[misc]

    def amiss(self, values: dict[str, Any]) -> list[Problem]:
        """Return nothing: each cell says enough alone."""
        return []

    def look_up(self, session: Session, st: Statements, known: Known, person_ids: Collection[int]) -> None:
        """Find what lists gave these members, and their stored value: is the account lost, how much is in it."""
        found: dict[int, dict[int, Give]] = {pid: {} for pid in person_ids}
        for part in portions(sorted(person_ids)):
            for pid, record, amount, ends in st.all(_POINTS.format(marks(part)), [st.franchise_id, *part]):
                found[int(pid)][int(record)] = Give(int(record), int(amount), as_date(ends))
            for pid, record, principal, bonus, ends in st.all(
                "SELECT person_id, id, principal_fen, bonus_fen, bonus_expires_on FROM top_up WHERE franchise_id = ?"  # noqa: S608
                " AND state <> 'undone' AND item_code = 'opening' AND order_id IS NULL"
                f" AND person_id IN ({marks(part)})",
                [st.franchise_id, *part],
            ):
                own = found[int(pid)].get(int(record), Give(int(record)))
                found[int(pid)][int(record)] = replace(
                    own, principal=int(principal), bonus=int(bonus), bonus_ends=as_date(ends)
                )
            accounts = wallet.accounts_of(st, part)
            known.more.setdefault("lost", set()).update(
                pid for pid, (_id, state) in accounts.items() if state == wallet_rules.LOST
            )
            rows = st.all(
                "SELECT person_id, balance FROM account WHERE franchise_id = ? AND owner_kind = 'stored_value'"  # noqa: S608
                f" AND unit = 'principal' AND bucket = 'available' AND person_id IN ({marks(part)})",
                [st.franchise_id, *part],
            )
            known.more.setdefault("principal", {}).update({int(row[0]): int(row[1]) for row in rows})
        known.given |= {pid: list(own.values()) for pid, own in found.items()}

    def wanted(self, row: Row, known: Known) -> Give | list[Problem]:
        """Return what a row gives, or why it may not."""
        given = row.values
        give = Give(
            0, given.get("points", 0), given.get("points_until", point_rules.expires_on(self.today, self.months)),
            given.get("principal", 0), given.get("bonus", 0), given.get("bonus_until"),
        )  # fmt: skip
        if (give.principal or give.bonus) and self._meant(row, known)[0][0] in known.more.get("lost", ()):
            return [("principal", "wallet_lost", None)]
        give = give if give.points else replace(give, points_ends=None)
        return give if give.bonus else replace(give, bonus_ends=None)

    def same(self, given: Give, wanted: Give) -> bool:
        """Return whether all amounts and days agree."""
        return bool(given.value == wanted.value)

    def against(self, others: Sequence[Give], wanted: Give, row: Row) -> tuple[Give | None, list[Problem]]:
        """Return what other lists have not given yet; another amount for the same lot is refused."""
        left = wanted
        if wanted.points:
            # Without a day in the row every earlier lot may be the same one.
            alike = [
                one.points for one in others
                if one.points and ("points_until" not in row.values or one.points_ends == wanted.points_ends)
            ]  # fmt: skip
            if alike and wanted.points not in alike:
                return None, [("points", "opened_before", shown_number(alike[0]))]
            left = replace(left, points=0, points_ends=None) if alike else left
        if wanted.principal or wanted.bonus:
            pairs = [
                (one.principal, one.bonus) for one in others
                if (one.principal or one.bonus) and (not wanted.bonus or one.bonus_ends == wanted.bonus_ends)
            ]  # fmt: skip
            if pairs and (wanted.principal, wanted.bonus) not in pairs:
                return None, [("principal", "opened_before", show_yuan(sum(pairs[0])))]
            left = replace(left, principal=0, bonus=0, bonus_ends=None) if pairs else left
        return (left if left.points or left.principal or left.bonus else None), []

    def take(self, known: Known, record_id: int, row: Row, decision: Decision) -> None:
        """Note what a row gave, and how much stored value its member has by now."""
        super().take(known, record_id, row, decision)
        give = decision.changes.get("give")
        if record_id and give is not None:
            sums = known.more.setdefault("principal", {})
            person = decision.changes["person"]
            sums[person] = sums.get(person, 0) + give.principal

    def amounts(self, row: Row, decision: Decision) -> dict[str, int]:
        """Return what a row brings by unit: the list's own figures, given now or there already."""
        values = row.values
        return {
            "rows": 1, "points": values.get("points", 0), "principal": values.get("principal", 0),
            "bonus": values.get("bonus", 0),
        }  # fmt: skip

    def warnings(self, known: Known, row: Row, decision: Decision) -> list[Problem]:
        """Return that a member's principal goes past the law's limit (C1): told, not refused."""
        give = decision.changes.get("give")
        if give is None or not give.principal:
            return []
        total = known.more["principal"].get(decision.changes["person"], 0)
        if total <= self.most_fen:
            return []
        return [("principal", "over_limit", {"now": show_yuan(total), "most": show_yuan(self.most_fen)})]

    def writer(self, session: Session) -> BalancesWriter:
        """Return a writer of balances."""
        return BalancesWriter(session, self)


# Points that lists gave and that were not taken back.
_POINTS = (
    "SELECT l.person_id, l.source_id, l.amount, l.expires_on FROM lot l JOIN account a ON"
    " a.franchise_id = l.franchise_id AND a.id = l.account_id AND a.unit = 'points' AND a.bucket = 'available'"
    " WHERE a.franchise_id = ? AND a.owner_kind = 'person' AND a.owner_id IN ({}) AND l.source_kind = 'opening'"
    " AND NOT EXISTS (SELECT 1 FROM lot_use u JOIN transfer t ON t.franchise_id = u.franchise_id"
    " AND t.id = u.transfer_id WHERE u.franchise_id = l.franchise_id AND u.lot_id = l.id"
    " AND t.reason = 'opening_undone')"
)


class BalancesWriter(OpeningWriter):
    """Books a chunk of balances: points as lots, stored value as top-ups without an order."""

    def flush(self) -> None:
        """Write what was noted."""
        st, post = self.statements(), posting(self.task.batch_id)
        points, value = [], []
        for record, person, give in self.made:
            if give.points:
                points.append(
                    Opening("person", person, person, ledger.POINTS, give.points, SOURCE, record, give.points_ends)
                )
            if give.principal or give.bonus:
                value.append(wallet.Brought(record, person, give.principal, give.bonus, give.bonus_ends))
        ledger_opening.credit_many(st, points, post)
        wallet.bring(st, value, post)
        for one in points:
            audit.insert(
                st, "imports.points.brought", "import_batch", self.task.batch_id, person_id=one.person_id,
                detail={"points": one.amount, "expires_on": str(one.expires_on or "")},
            )  # fmt: skip
        for brought in value:
            wallet.note(st, brought)
        self.made.clear()


class BalancesKind(OpeningKind):
    """What members have of points and stored value elsewhere."""

    key = "balances"
    icon = "star"
    preset = BALANCES_PRESET
    words = WORDS
    sources = (SOURCE, wallet.SOURCE)
    gives = ("points", "principal", "bonus")
    units = (
        ROWS, Unit("points", _l("积分"), ledger=True), Unit("principal", _l("储值本金（元）"), money=True, ledger=True),
        Unit("bonus", _l("储值赠金（元）"), money=True, ledger=True),
    )  # fmt: skip

    def vocabulary(self) -> Vocabulary:
        """Return the fields of a balance."""
        return rules.vocabulary(FIELDS, (), words.BALANCE_HEADINGS)

    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> BalancesTask:
        """Return what a list of balances is judged by."""
        money, ends = cells.money(MAX_FEN), until(today)
        cleaners = {
            MEMBER: who, CARD: card, "points": cells.whole(0, MAX_POINTS), "points_until": ends, "principal": money,
            "bonus": money, "bonus_until": ends,
        }  # fmt: skip
        places = {name: headings.index(heading) for name, heading in mapping.columns.items()}
        return BalancesTask(
            today, batch_id, places, cleaners, self.vocabulary().labels(),
            months=programmes.in_force(session).points.expires_months,
            most_fen=limits.all_of(session)["named_max_fen"].value,
        )  # fmt: skip

    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return the balances of which something was used since."""
        st = Statements(session, batch.franchise_id)
        found = dict.fromkeys(ledger_opening.touched(st, (SOURCE,), record_ids), _("之后用过积分"))
        return found | dict.fromkeys(wallet.used(st, record_ids), _("之后用过储值"))

    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Take balances back by reversing transfers."""
        st, post = Statements(session, batch.franchise_id), posting(batch.id)
        ledger_opening.take_back(st, (SOURCE,), record_ids, post)
        wallet.take_back(st, record_ids, post)
        self.note_undone(st, batch, record_ids)
