"""Members: the first kind. Fields in rules.py, cleaning.py; finding in lookup.py; writing in writing.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.imports import lookup, messages, outcomes, rules, writing
from core.imports.cleaning import Cleaner
from core.imports.kinds import people_undo
from core.imports.kinds.base import Kind, Task, Wording
from core.imports.outcomes import Existing, Known
from core.imports.settings import PEOPLE_PRESET
from core.kernel.i18n import _, _l, ngettext
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import number
from core.people.rules import mask_phone
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem, Row
    from core.imports.kinds.base import Line
    from core.imports.models import ImportBatch, ImportRow
    from core.imports.outcomes import Decision
    from core.imports.rules import ColumnMap, Vocabulary
    from core.programme.rules import Programme

SHOWN = ("name", "phone", "gender", "birth_on", "occupation", "company", "address", "email", "tier", "card", "tags")

WORDS = Wording(
    title=_l("导入会员"),
    noun=_l("会员"),
    wants=_l("姓名必填；手机、性别、生日、级别、卡号、标签等可选"),
    checks=(
        _l("第一行是列名，例如“姓名”“手机”“生日”。"),
        _l("手机一列没有变成 1.38E+10，变了就找不回尾数。"),
        _l("孩子没有手机时，在“监护人手机”一列写家长的号码。"),
    ),
    recognised=(_l("手机号相同"), _l("卡号相同"), _l("都没有时：姓名、生日和监护人相同")),
    filled=_l("已有的会员只更新填了内容的格子，空格不会清掉原来的资料。"),
    record=_l("会员资料"),
    name=_l("姓名"),
    run=lambda n: ngettext("执行导入 %(many)s 人", "执行导入 %(many)s 人", n, many=number(n)),
    nothing=_l("名单里的会员都已在系统里且没有变化；执行也不会改动任何资料。"),
    none_at_all=_l("没有导入任何会员。"),
    taken_out=(_l("撤回的新会员"), lambda n: ngettext("%(many)s 位", "%(many)s 位", n, many=number(n))),
    restored=_l("恢复原样的会员"),
    stays=_l("保留不动的会员"),
    used=_l(
        "导入后有过消费、积分或资料变动的会员会保留。撤回的会员不再出现在列表和查找里，手机号和卡号可以再用；审计记录保留。"
    ),
    undo=lambda n: ngettext("撤销本批 %(many)s 位", "撤销本批 %(many)s 位", n, many=number(n)),
    undone=lambda p, c, s: _(
        "撤回了 %(p)s 位新会员和 %(c)s 处修改；%(s)s 位因之后有过变动而保留。", p=number(p), c=number(c), s=number(s)
    ),
    until=lambda at: _("可以撤销到 %(at)s；之后有过消费、积分或资料变动的会员会保留。", at=at),
    late=_l("之后又改过资料"),
    too_late=_l("只能在导入结束后 24 小时内撤销。现在请逐个修改会员资料。"),
)


@dataclass
class PeopleTask(Task):
    """What the rows of a member list are judged by; `earlier` are batches of the very same file."""

    cleaner: Cleaner
    programme: Programme
    earlier: tuple[int, ...] = ()

    def clean(self, number: int, cells: Sequence[str]) -> tuple[Row | None, list[Problem]]:
        """Return a row's values and its problems."""
        return self.cleaner.clean(number, cells)

    def draft(self, row: Row) -> writing.Draft:
        """Return the person that the row may make, sealed."""
        return writing.draft(row)

    def known(self, rows_done: dict[int, int]) -> Known:
        """Return an empty memory of persons."""
        return Known(rows=rows_done)

    def fill(self, session: Session, known: Known, rows: Sequence[Row]) -> None:
        """Add everybody whom the rows may mean."""
        lookup.fill(Statements(session, current_actor().franchise_id), known, rows, self.earlier)

    def decide(self, row: Row, known: Known, *, last: bool) -> Decision:
        """Return what becomes of a row."""
        return outcomes.decide(row, known, self.today, last=last)

    def take(self, known: Known, record_id: int, row: Row, decision: Decision) -> None:
        """Note what a row made or changed."""
        known.take(record_id, row, decision)

    def writer(self, session: Session) -> Any:
        """Return a writer of persons."""
        st = Statements(session, current_actor().franchise_id)
        return writing.Writer(session, st, self.programme, self.today, self.batch_id)

    def name(self, row: Row) -> str:
        """Return the person's name."""
        return row.name

    def lines(self, known: Known, row: Row, decision: Decision) -> list[Line]:
        """Return what a row would write; phones are masked."""
        before = known.persons.get(decision.record or 0)
        tier_names = dict(self.cleaner.tiers)
        lines = []
        for key in SHOWN:
            after = getattr(row, key)
            if key == "tier":
                after = tier_names.get(after or self.programme.base_tier().code, "") if before is None else ""
            shown = _shown(key, after)
            was = _shown(key, getattr(before, key, "")) if isinstance(before, Existing) else ""
            if shown and shown != was and (before is None or key in decision.changes):
                lines.append((str(rules.BY_KEY[{"birth_on": "birth"}.get(key, key)].label), was, shown))
        return [line for line in lines if line[0] != str(rules.BY_KEY["name"].label) or line[1]]


def _shown(key: str, value: Any) -> str:
    if not value:
        return ""
    if key == "phone":
        return mask_phone(value)
    if key == "gender":
        return {"female": _("女"), "male": _("男")}.get(value, "")
    if key == "tags":
        return "、".join(sorted(value))
    return str(value)


def tiers_of(programme: Programme) -> list[tuple[str, str]]:
    """Return (code, name) of the programme's tiers, the base one first."""
    return [(tier.code, tier.name) for tier in programme.tiers]


class PeopleKind(Kind):
    """Members, with the words of their tiers and genders."""

    key = "people"
    icon = "users"
    preset = PEOPLE_PRESET
    column = "person_id"
    keys = ("phone", "name")
    words = WORDS

    def vocabulary(self) -> Vocabulary:
        """Return the fields of a person."""
        return rules.PEOPLE

    def check_mapping(self, session: Session, mapping: ColumnMap, headings: Sequence[str]) -> None:
        """Raise Invalid naming every field at fault; the words of tiers must mean tiers of the programme."""
        rules.check_mapping(mapping, headings, [code for code, _name in tiers_of(programmes.in_force(session))])

    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> PeopleTask:
        """Return what a member list is judged by."""
        programme = programmes.in_force(session)
        st = Statements(session, current_actor().franchise_id)
        earlier = st.all(
            "SELECT id FROM import_batch WHERE franchise_id = ? AND kind = 'people' AND file_sha256 = ? AND id <> ?"
            " AND state IN ('done', 'running', 'paused') ORDER BY id",
            [st.franchise_id, sha256, batch_id],
        )
        cleaner = Cleaner(headings, mapping, tiers_of(programme), today)
        return PeopleTask(today, batch_id, cleaner, programme, tuple(int(row[0]) for row in earlier))

    def told(self, problem: Problem) -> tuple[str, str]:
        """Return (what is wrong, what to do)."""
        return messages.reason_and_way(problem)

    def masked(self, field: str) -> bool:
        """Return whether a field is a phone."""
        return field in {"phone", "guardian"}

    def value_words(self, session: Session, mapping: ColumnMap, words: Any) -> dict[str, Any]:
        """Return the words of tiers and genders with their meaning; genders that everybody knows are left out."""
        tiers = tiers_of(programmes.in_force(session))
        genders = words("gender", lambda word: _gender_of(word, mapping))
        known = set(rules.GENDERS)
        return {
            "tier_words": words("tier", lambda word: rules.tier_of(word, tiers, mapping.tiers)),
            "gender_words": [
                (word, code) for word, code in genders if code == "?" or rules.squeezed(word) not in known
            ],
            "tiers": tiers,
        }

    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return those with whom something happened since."""
        why = _("之后有过消费、积分、来往或资料变动")
        return dict.fromkeys(people_undo.used_since(session, batch, record_ids), why)

    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Empty persons and make them inactive."""
        people_undo.take_out(session, record_ids)

    def unmoved(self, session: Session, row: ImportRow) -> Any:
        """Return the person and what was there before, unless they were changed since."""
        return people_undo.unmoved(session, row)

    def take_back(self, session: Session, row: ImportRow) -> bool:
        """Put back what a row replaced."""
        return people_undo.take_back(session, row)


def _gender_of(word: str, mapping: ColumnMap) -> str | None:
    plain = rules.squeezed(word)
    return mapping.genders.get(plain, rules.GENDERS.get(plain))
