"""Staff: found by number, given roles as the staff page gives them, one-time passwords handed out once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import select

from core.imports import rules, words
from core.imports.kinds import cells, staff_undo
from core.imports.kinds.base import Wording
from core.imports.kinds.keyed import KeyedKind, KeyedTask, KeyedWriter, kept
from core.imports.models import ImportRow
from core.imports.outcomes import CREATED
from core.imports.rules import Field
from core.imports.settings import STAFF_PRESET
from core.kernel import doors
from core.kernel.i18n import _, _l, listed, ngettext
from core.kernel.permissions import ROLES
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import number as shown_number
from core.org import approvals, licences, roles, staff_changes, staffing
from core.org.models import ApprovalRequest, Franchise, Staff, StaffRole, Store
from core.org.permissions import STAFF_EDIT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.kinds.keyed import Known, Row
    from core.imports.models import ImportBatch
    from core.imports.outcomes import Decision
    from core.imports.rules import ColumnMap, Vocabulary

FIELDS = (
    Field("number", _l("工号")), Field("name", _l("姓名")), Field("store", _l("门店编号")), Field("role", _l("角色")),
    Field("licence_kind", _l("执照种类")), Field("licence_no", _l("执照编号")),
    Field("licence_until", _l("执照有效期至")), Field("performs", _l("做项目")),
)  # fmt: skip
COLUMNS = ("name", "store_id", "licence_kind", "licence_no", "licence_until", "performs")
NUMBER = re.compile(r"(?=[^-])[A-Za-z0-9\u4e00-\u9fff-]{1,20}")
MAX_NAME, MAX_LICENCE = 60, 60

WORDS = Wording(
    title=_l("导入员工"),
    noun=_l("员工"),
    wants=_l("工号必填；新员工还要姓名、角色；门店编号、执照种类、编号和有效期可选"),
    checks=(
        _l("第一行是列名，例如“工号”“姓名”“门店”“角色”。"),
        _l("文件里不要写密码：每位新员工会得到一个一次性密码，导入后由你下载一次。"),
        _l("比你高的角色不会直接给予，会替你提交审批。"),
    ),
    recognised=(_l("工号相同"),),
    filled=_l("已有的员工只更新填了内容的格子；有多个角色的，请在员工页修改角色。"),
    record=_l("员工资料"),
    name=_l("员工"),
    run=lambda n: ngettext("执行导入 %(many)s 位员工", "执行导入 %(many)s 位员工", n, many=shown_number(n)),
    nothing=_l("名单里的员工都已在系统里且没有变化；执行也不会改动任何资料。"),
    none_at_all=_l("没有导入任何员工。"),
    taken_out=(_l("撤回的新员工"), lambda n: ngettext("%(many)s 位", "%(many)s 位", n, many=shown_number(n))),
    restored=_l("恢复原样的员工"),
    stays=_l("保留不动的员工"),
    used=_l("导入后登录过、服务过会员或资料改过的员工会保留。撤回的员工不能再登录，工号可以再用；审计记录保留。"),
    undo=lambda n: ngettext("撤销本批 %(many)s 位", "撤销本批 %(many)s 位", n, many=shown_number(n)),
    undone=lambda p, c, s: _(
        "撤回了 %(p)s 位新员工，恢复了 %(c)s 位员工；%(s)s 位因之后登录过或改过而保留。",
        p=shown_number(p), c=shown_number(c), s=shown_number(s),
    ),
    until=lambda at: _("可以撤销到 %(at)s；之后登录过或改过的员工会保留。", at=at),
    late=_l("之后又改过资料或角色"),
    too_late=_l("只能在导入结束后 24 小时内撤销。现在请在员工页逐个停用或修改。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Existing:
    """What is known of a staff member; `pairs` are (role, store or None)."""

    id: int
    values: dict[str, Any]
    pairs: tuple[tuple[str, int | None], ...]
    rank: int
    active: bool


@dataclass
class StaffTask(KeyedTask):
    """What the rows of a staff list are judged by; `rank` is how high the importer stands, None for a command."""

    verbs: ClassVar[bool] = True
    stores: dict[str, str]
    ranks: dict[str, int]
    names: dict[str, str]
    rank: int | None
    importer: int | None
    code: str
    present_numbers: set[str]

    def draft(self, row: Row) -> tuple[str, str] | None:
        """Return a one-time password and its hash for somebody new: hashing is slow on purpose."""
        return None if row.key in self.present_numbers else staffing.new_secret()

    def look_up(self, session: Session, known: Known, keys: Sequence[str]) -> None:
        """Add the staff with these numbers, with their roles."""
        found = {row.id: row for row in session.scalars(select(Staff).where(Staff.number.in_(keys)))}
        pairs: dict[int, list[tuple[str, int | None]]] = {staff_id: [] for staff_id in found}
        statement = select(StaffRole.staff_id, StaffRole.role, StaffRole.store_id)
        for staff_id, role, store in session.execute(
            statement.where(StaffRole.staff_id.in_(found)).order_by(StaffRole.id)
        ):
            pairs[staff_id].append((role, store))
        for staff_id, row in found.items():
            known.ids[row.number] = staff_id
            known.found[staff_id] = Existing(
                staff_id, {key: getattr(row, key) for key in COLUMNS}, tuple(pairs[staff_id]),
                max((self.ranks.get(role, 0) for role, _store in pairs[staff_id]), default=0), row.active,
            )  # fmt: skip
        logins = known.more.setdefault("logins", {})
        for key in keys:
            login = self.login(key)
            if key not in known.ids and doors.by_login(session, login):
                logins[login] = ""

    def look_around(self, session: Session, known: Known, rows: Sequence[Row]) -> None:
        """Note which grants of roles are asked for already."""
        asked = select(ApprovalRequest.payload_sha256).where(
            ApprovalRequest.kind == staff_changes.KIND, ApprovalRequest.state.in_(approvals.OPEN)
        )
        known.more["asked"] = set(session.scalars(asked))

    def login(self, number: str) -> str:
        """Return the sign-in name that a number makes."""
        return staffing.login_of(f"{self.code}-{number}")

    def refused(self, row: Row, known: Known) -> list[Problem]:
        """Return what somebody new lacks."""
        wanted = (("name", "missing_staff_name"), ("role", "missing_role"))
        problems: list[Problem] = [(key, code, None) for key, code in wanted if key not in row.values]
        if row.values.get("licence_until") and not row.values.get("licence_no"):
            problems.append(("licence_no", "licence_without_no", None))
        if known.more["logins"].get(self.login(row.key), row.key) != row.key:
            problems.append(("number", "login_taken", None))
        return problems

    def take(self, known: Known, record_id: int, row: Row, decision: Decision) -> None:
        """Note what a row made; its sign-in name is taken from here on."""
        super().take(known, record_id, row, decision)
        if decision.outcome == CREATED:
            known.more["logins"][self.login(row.key)] = row.key

    def against(self, row: Row, now: Existing, known: Known) -> tuple[dict[str, Any], list[Problem]]:
        """Return what a row changes of a staff member, and why it may not."""
        given = values_of(row)
        changes: dict[str, Any] = {key: given[key] for key in COLUMNS if key in given and given[key] != now.values[key]}
        pair = self.pair(row, now)
        if pair is not None and not self._asked(now, pair, known):
            changes["role"] = pair
        if not changes:
            return {}, []
        return changes, self._why_not(row, now, changes)

    def pair(self, row: Row, now: Existing | None) -> tuple[str, int | None] | None:
        """Return the role with its store that a row gives, None where it is held (everywhere counts for a store)."""
        role = row.values.get("role")
        if role is None:
            return None
        store = row.values.get("store", now.values["store_id"] if now else None)
        held = now.pairs if now else ()
        return None if any(have == role and place in {None, store} for have, place in held) else (role, store)

    def _asked(self, now: Existing, pair: tuple[str, int | None], known: Known) -> bool:
        return self.above(pair[0]) and asking_of(now.id, pair) in known.more["asked"]

    def above(self, role: str) -> bool:
        """Return whether a role stands above the importer: it is asked for, not given."""
        return self.rank is not None and self.ranks.get(role, 1000) > self.rank

    def _why_not(self, row: Row, now: Existing, changes: dict[str, Any]) -> list[Problem]:
        if not now.active:
            return [("number", "staff_left", None)]
        if self.rank is not None and now.id != self.importer and now.rank > self.rank:
            return [("number", "staff_above", None)]
        until = changes.get("licence_until", now.values["licence_until"])
        if until and not changes.get("licence_no", now.values["licence_no"]):
            return [("licence_no", "licence_without_no", None)]
        if "role" not in changes:
            return []
        if now.id == self.importer:
            return [("role", "own_role", None)]
        if ("owner", None) in now.pairs:
            return [("role", "owner_role", None)]
        return [("role", "several_roles", None)] if len(now.pairs) > 1 else []

    def writer(self, session: Session) -> StaffWriter:
        """Return a writer of staff."""
        return StaffWriter(session, self)

    def present(self, now: Existing, name: str) -> Any:
        """Return what a staff member has in a field."""
        if name == "role":
            return now.pairs[0] if now.pairs else None
        return now.values.get({"store": "store_id"}.get(name, name))

    def lines(self, known: Known, row: Row, decision: Decision) -> list[tuple[str, str, str]]:
        """Return what a row would write; the store stands under its own label."""
        told = super().lines(known, row, decision)
        return [(str(self.labels["store"]) if label == "store_id" else label, was, shown) for label, was, shown in told]

    def shown(self, name: str, value: Any) -> str:
        """Return a value in words; a role above one's own is asked for."""
        if value in (None, ""):
            return ""
        if name == "role":
            role = value if isinstance(value, str) else value[0]
            label = self.names.get(role, role)
            return _("%(role)s（提交审批）", role=label) if self.above(role) else label
        if name in {"store", "store_id"}:
            return self.stores.get(str(value), "")
        if name == "licence_kind":
            return str(dict(licences.KINDS).get(value, value))
        return (_("是") if value else _("否")) if isinstance(value, bool) else str(value)


def asking_of(staff_id: int, pair: tuple[str, int | None]) -> str:
    """Return the digest of the request that would ask for this role."""
    role, store = pair
    payload = {"staff_id": str(staff_id), "roles": [[role, str(store) if store else ""]]}
    return approvals.sha_of(approvals.canonical(payload))


def values_of(row: Row) -> dict[str, Any]:
    """Return a row's values by the columns of a staff member."""
    return {{"store": "store_id"}.get(key, key): value for key, value in row.values.items()}


class StaffWriter(KeyedWriter):
    """Hires and changes by the verbs of the organisation."""

    def create(self, draft: tuple[str, str] | None, row: Row, decision: Decision) -> int:
        """Hire somebody; a role above the importer's is asked for, and until then they have none."""
        given, task = values_of(row), self.task
        pair = (given["role"], given.get("store_id"))
        about = {
            "number": row.key, "name": given["name"], "store_id": given.get("store_id"),
            "licence": tuple(given.get(key, "") for key in ("licence_kind", "licence_no", "licence_until")),
            "performs": given.get("performs", given["role"] == "clinician"), "secret": draft or staffing.new_secret(),
        }  # fmt: skip
        asked = task.above(pair[0])
        if asked:
            staff, password = staffing.add_staff(self.session, roles=(), **about)
            self._ask(staff.id, pair)
        else:
            staff, password = staff_changes.hire(self.session, roles_given=[pair], **about)
        self.remember(row, version=staff.version, password=password, asked=asked)
        return staff.id

    def _ask(self, staff_id: int, pair: tuple[str, int | None]) -> str:
        request = staff_changes.ask_roles(self.session, staff_id, [pair], _("批量导入员工名单时提出"))
        return str(request.id)

    def change(self, row: Row, decision: Decision) -> None:
        """Change a staff member as their page does; remember what there was."""
        changes, session = dict(decision.changes), self.session
        staff = staff_changes.get(session, decision.record)
        pair = changes.pop("role", None)
        before = {key: getattr(staff, key) for key in changes}
        pairs = roles.pairs_of(session, staff.id)
        if changes:
            staff_changes.change(session, staff.id, None, changes)
        asked = ""
        if pair is not None and self.task.above(pair[0]):
            asked = self._ask(staff.id, pair)
        elif pair is not None:
            staff_changes.set_roles(session, staff.id, None, [pair])
        session.flush()
        self.remember(row, version=staff.version, values=before, roles=pairs, request=asked)


class StaffKind(KeyedKind):
    """The people who work here."""

    key = "staff"
    icon = "user"
    permission = STAFF_EDIT
    preset = STAFF_PRESET
    chunk = 50
    keys = ("number",)
    words = WORDS

    def vocabulary(self) -> Vocabulary:
        """Return the fields of a staff member."""
        return rules.vocabulary(FIELDS, ("number",), words.STAFF_HEADINGS)

    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> StaffTask:
        """Return what a staff list is judged by."""
        actor, changes = current_actor(), roles.current(session)
        given = changes.roles()
        labels = {role: changes.label(role) for role in given}
        stores = session.execute(
            select(Store.id, Store.code, Store.name).where(Store.active.is_(True)).order_by(Store.code)
        ).all()
        franchise = session.get(Franchise, actor.franchise_id)
        cleaners: dict[str, Callable[[str], Any]] = {
            "number": cells.code(NUMBER, "bad_staff_number"), "name": cells.text(MAX_NAME),
            "store": _store_cleaner(stores), "role": _role_cleaner(labels), "licence_kind": _licence_cleaner(),
            "licence_no": cells.text(MAX_LICENCE), "licence_until": lambda typed: cells.day(typed).isoformat(),
            "performs": cells.flag,
        }  # fmt: skip
        return StaffTask(
            today, batch_id, self.places(headings, mapping), cleaners, "number", self.vocabulary().labels(),
            {str(row.id): row.name for row in stores}, {role: changes.rank(role) for role in given}, labels,
            None if actor.staff_id is None else roles.rank_of(session, actor.staff_id), actor.staff_id,
            franchise.code if franchise else "", set(session.scalars(select(Staff.number))),
        )  # fmt: skip

    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return the staff who signed in, worked or were changed since."""
        return staff_undo.used_since(session, batch, record_ids)

    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Let staff go who never came: no roles, no sign-in, the number is free again."""
        staff_undo.take_out(session, record_ids)

    def unmoved(self, session: Session, row: ImportRow) -> Any:
        """Return the staff member and what there was before, unless they were changed since."""
        return staff_undo.unmoved(session, row)

    def take_back(self, session: Session, row: ImportRow) -> bool:
        """Put back what a row replaced."""
        return staff_undo.take_back(session, row)

    def once(self, session: Session, batch: ImportBatch) -> list[list[str]]:
        """Return the one-time passwords of a batch with their sign-in names, headings first."""
        rows = session.scalars(
            select(ImportRow)
            .where(ImportRow.import_batch_id == batch.id, ImportRow.outcome == CREATED)
            .order_by(ImportRow.number)
        ).all()
        staff = {
            one.id: one for one in session.scalars(select(Staff).where(Staff.id.in_([row.record_id for row in rows])))
        }
        lines = [[_("工号"), _("姓名"), _("登录名"), _("一次性密码"), _("角色")]]
        for row in rows:
            secret, one = kept(row) or {}, staff.get(row.record_id or 0)
            # Whoever chose a password of their own meanwhile needs none.
            if one is not None and one.password_once and secret.get("password"):
                note = _("待批准") if secret["asked"] else _("已给予")
                lines.append([one.number, one.name, one.login, secret["password"], note])
        return lines if len(lines) > 1 else []

    def forget_once(self, session: Session, batch: ImportBatch) -> None:
        """Wipe the one-time passwords of a batch; what an undo needs stays."""
        staff_undo.forget_passwords(session, batch)


def _store_cleaner(stores: Sequence[Any]) -> Callable[[str], Any]:
    table = cells.squeezed_table((str(row.id), (row.code, row.name)) for row in stores)
    known = listed(f"{row.code}（{row.name}）" for row in stores[:20])
    one = cells.choice(table, "unknown_store", lambda: known)
    return lambda typed: int(one(typed))


def _role_cleaner(labels: dict[str, str]) -> Callable[[str], Any]:
    other = {role: (*words.ROLE_WORDS.get(role, ()), str(ROLES.get(role, role))) for role in labels}
    table = cells.squeezed_table((role, (*other[role], label)) for role, label in labels.items())
    # A role's own name goes before what other systems call it.
    table |= {rules.squeezed(label): role for role, label in labels.items()}
    return cells.choice(table, "unknown_role", lambda: listed(labels.values()))


def _licence_cleaner() -> Callable[[str], Any]:
    kinds = {code: str(label) for code, label in licences.KINDS if code}
    table = cells.squeezed_table((code, (*words.LICENCE_WORDS.get(code, ()), label)) for code, label in kinds.items())
    return cells.choice(table, "bad_licence", lambda: listed(kinds.values()))
