"""Changes to many members at once: put a tag, take one off, withdraw a marketing consent (downwards only).

Set-based within a slice: a handful of statements for five hundred members, and an audit row for each member
that changed, because the history of a member, and their copy of their data, must show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.kernel import audit, bulk, clock
from core.kernel.bulk import Action, Before, FieldSpec
from core.kernel.errors import Invalid
from core.kernel.i18n import _, _l
from core.kernel.ids import new_id
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.people import rules
from core.people.models import Consent, Person, PersonTag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

LIST = "members"
EDIT = "people.edit"
MARKETING = (("marketing_sms", _l("营销短信")), ("marketing_email", _l("营销邮件")), ("profiling", _l("个性化推荐")))
SUGGESTED = 50


def _st(session: Session) -> Statements:
    return Statements(session, current_actor().franchise_id)


def _names(session: Session, ids: Sequence[int]) -> list[str]:
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    found = {row[0]: row[1] for row in rows}
    return [found[one] for one in ids if one in found]


# -- tags ------------------------------------------------------------------------------------------


def _known(session: Session) -> list[str]:
    rows = session.execute(
        select(PersonTag.tag).group_by(PersonTag.tag).order_by(func.count().desc(), PersonTag.tag).limit(SUGGESTED)
    )
    return [row[0] for row in rows]


def _choices(session: Session) -> list[tuple[str, str]]:
    return [(tag, tag) for tag in _known(session)]


def _check_tag(_session: Session, values: dict[str, str]) -> None:
    values["tag"] = rules.clean(values.get("tag", ""))[:40]
    if not values["tag"]:
        raise Invalid.field("tag", _("请填写标签。"))


def _tagged(session: Session, ids: Sequence[int], tag: str) -> dict[int, PersonTag]:
    rows = session.scalars(
        select(PersonTag).where(PersonTag.tag == tag, PersonTag.person_id.in_(ids)).with_for_update()
    )
    return {row.person_id: row for row in rows}


def put_tag(session: Session, ids: Sequence[int], values: Mapping[str, str]) -> Before:
    """Put a tag on members who have it not; one that a rule put becomes theirs by hand (S0-28)."""
    st, tag, now = _st(session), values["tag"], clock.now_ms()
    st.lock("person", ids)
    have = _tagged(session, ids, tag)
    before: Before = {}
    new = []
    for person_id in ids:
        row = have.get(person_id)
        if row is None:
            row_id = new_id()
            new.append({
                "id": row_id, "franchise_id": st.franchise_id, "person_id": person_id, "tag": tag, "source": "manual",
                "reason": "", "at": now,
            })  # fmt: skip
            before[person_id] = {"row": row_id, "at": now}
        elif row.source != "manual":
            before[person_id] = {"row": row.id, "was": [row.source, row.reason]}
            row.source, row.reason = "manual", ""
    session.flush()
    st.insert_many("person_tag", new)
    _note(st, "people.bulk.tag_added", before, {"tag": tag})
    return before


def unput_tag(session: Session, before: Before, values: Mapping[str, str]) -> set[int]:
    """Take back `put_tag` where the tag still stands as it was put; return the members left alone."""
    st = _st(session)
    st.lock("person", before)
    have = _tagged(session, list(before), values["tag"])
    kept, done = set(), {}
    for person_id, was in before.items():
        row = have.get(person_id)
        if row is None or row.id != was["row"] or row.source != "manual" or ("at" in was and row.at != was["at"]):
            kept.add(person_id)
            continue
        if "was" in was:
            row.source, row.reason = was["was"]
        else:
            session.delete(row)
        done[person_id] = was
    session.flush()
    _note(st, "people.bulk.tag_restored", done, {"tag": values["tag"]})
    return kept


def take_tag(session: Session, ids: Sequence[int], values: Mapping[str, str]) -> Before:
    """Take a tag off members who have it."""
    st = _st(session)
    st.lock("person", ids)
    have = _tagged(session, ids, values["tag"])
    before: Before = {
        person_id: {"source": row.source, "reason": row.reason, "at": row.at} for person_id, row in have.items()
    }
    for begin in range(0, len(before), 200):
        some = [have[one].id for one in list(before)[begin : begin + 200]]
        marks = ", ".join("?" * len(some))
        st.run(f"DELETE FROM person_tag WHERE franchise_id = ? AND id IN ({marks})", [st.franchise_id, *some])  # noqa: S608
    session.expire_all()
    _note(st, "people.bulk.tag_removed", before, {"tag": values["tag"]})
    return before


def untake_tag(session: Session, before: Before, values: Mapping[str, str]) -> set[int]:
    """Put tags back that `take_tag` took, except where somebody put the tag again since."""
    st, tag = _st(session), values["tag"]
    st.lock("person", before)
    kept = set(_tagged(session, list(before), tag))
    done = {person_id: was for person_id, was in before.items() if person_id not in kept}
    st.insert_many("person_tag", [
        {"id": new_id(), "franchise_id": st.franchise_id, "person_id": person_id, "tag": tag, "source": was["source"],
         "reason": was["reason"], "at": was["at"]}
        for person_id, was in done.items()
    ])  # fmt: skip
    _note(st, "people.bulk.tag_restored", done, {"tag": tag})
    return kept


# -- consent ---------------------------------------------------------------------------------------


def _purposes(_session: Session) -> list[tuple[str, str]]:
    return [(code, str(label)) for code, label in MARKETING]


def _check_purpose(_session: Session, values: dict[str, str]) -> None:
    if values.get("purpose") not in dict(MARKETING):
        raise Invalid.field("purpose", _("请选择要撤回的同意。"))


def _newest(session: Session, ids: Sequence[int], purpose: str) -> dict[int, Consent]:
    newest = (
        select(func.max(Consent.id))
        .where(Consent.purpose == purpose, Consent.person_id.in_(ids))
        .group_by(Consent.person_id)
    )
    return {row.person_id: row for row in session.scalars(select(Consent).where(Consent.id.in_(newest)))}


def withdraw(session: Session, ids: Sequence[int], values: Mapping[str, str]) -> Before:
    """Withdraw a marketing consent where it stands; never gives one (PIPL art. 14, 15)."""
    st, purpose = _st(session), values["purpose"]
    st.lock("person", ids)
    standing = [row for row in _newest(session, ids, purpose).values() if row.granted]
    new = _append(st, [row.person_id for row in standing], purpose, False, values.get("reason", ""))
    before: Before = {row.person_id: {"consent": row.id, "ours": new[row.person_id]} for row in standing}
    detail = {"purpose": purpose, "reason": values.get("reason", "")}
    _note(st, "people.bulk.consent_withdrawn", before, detail)
    return before


def unwithdraw(session: Session, before: Before, values: Mapping[str, str]) -> set[int]:
    """Put a consent back that was withdrawn by mistake: only where the member said nothing since.

    What they once agreed to stands again, with its own evidence named; nobody is made to agree to more.
    """
    st, purpose = _st(session), values["purpose"]
    st.lock("person", before)
    now = _newest(session, list(before), purpose)
    kept = {person_id for person_id, was in before.items() if now[person_id].id != was["ours"]}
    done = {person_id: was for person_id, was in before.items() if person_id not in kept}
    _append(st, list(done), purpose, True, _("撤销误操作的批量撤回，恢复本人原来的同意"))
    _note(st, "people.bulk.consent_restored", done, {"purpose": purpose})
    return kept


def _append(st: Statements, ids: Sequence[int], purpose: str, granted: bool, evidence: str) -> dict[int, int]:
    actor, now = current_actor(), clock.now_ms()
    made = {person_id: new_id() for person_id in ids}
    st.insert_many("consent", [
        {"id": row_id, "franchise_id": st.franchise_id, "person_id": person_id, "purpose": purpose, "granted": granted,
         "text_version": "1", "door": actor.door, "staff_id": actor.staff_id, "at": now,
         "evidence_sealed": _evidence(st, row_id, evidence)}
        for person_id, row_id in made.items()
    ])  # fmt: skip
    return made


def _evidence(st: Statements, row_id: int, text: str) -> bytes | None:
    return seal_text("consent", "evidence_sealed", row_id, st.franchise_id, text) if text else None


def _note(st: Statements, action: str, rows: Mapping[int, Any], detail: dict[str, Any]) -> None:
    audit.insert_many(st, action, "person", rows, detail=detail, persons=True)


bulk.offer(
    Action("members.tag_add", LIST, _l("加标签"), "tag", EDIT, put_tag, unput_tag, _names,
           (FieldSpec("tag", _l("标签"), suggest=_known),), _check_tag, order=10),
    Action("members.tag_remove", LIST, _l("去掉标签"), "minus", EDIT, take_tag, untake_tag, _names,
           (FieldSpec("tag", _l("标签"), options=_choices),), _check_tag, order=20),
    Action("members.consent_withdraw", LIST, _l("撤回营销同意"), "msg", EDIT, withdraw, unwithdraw, _names,
           (FieldSpec("purpose", _l("哪一种同意"), options=_purposes),), _check_purpose, reason=True,
           warning=_l("只能撤回，不能代替会员同意。撤回后不再向他们发送营销信息。"), order=30),
)  # fmt: skip
