"""What care owes a person and the house: their copy, erasing, merging, and sweeping files that nobody owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.care import documents, photos, visit_reads, visits
from core.care import visit_rules as rules
from core.care.visit_models import Attachment, PhotoSet, Visit
from core.hooktypes import DataCount, DataSection
from core.kernel import audit, clock, files
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.jobs import Counts
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

ORPHAN_MS = 24 * 3_600_000
_PAGE = 200


def counts(session: Session) -> list[DataCount]:
    """Return how many visits and pictures are kept."""
    seen = session.scalar(select(func.count()).select_from(Visit).where(Visit.state != rules.DROPPED)) or 0
    kept = session.scalar(select(func.count()).select_from(Attachment).where(Attachment.removed_at.is_(None))) or 0
    return [DataCount(_l("就诊记录"), seen), DataCount(_l("照片和附件"), kept)]


def copy_of(session: Session, person_id: int) -> list[DataSection]:
    """Return a person's own visits for their copy, newest revision each; photos as far as they agree (B43)."""
    rows: list[tuple[Any, str]] = []
    for one in visit_reads.visits_of(session, person_id, limit=_PAGE):
        whole = visit_reads.whole(session, one.id)
        if whole.revisions:
            said = "；".join(f"{line.label}：{line.text}" for line in whole.revisions[0].lines)
            rows.append((f"{one.on.isoformat()} {rules.KINDS[one.kind]}", f"{said}（{one.signer}）"))
    sections = [DataSection(_l("就诊记录"), tuple(rows), 40)] if rows else []
    kept = photos.count_of(session, person_id)
    if kept:
        shown = sum(len(group.photos) for group in photos.photos_of(session, person_id))
        told: list[tuple[Any, str]] = [(_l("保存的照片"), _("%(n)d 张", n=kept))]
        if not shown:
            told.append((_l("说明"), _("你已撤回照片存档的同意，照片已隐藏，不提供查看。")))
        sections.append(DataSection(_l("照片"), tuple(told), 41))
    papers = documents.told_of(session, person_id)
    return [*sections, DataSection(_l("处方、报告等资料"), tuple(papers), 42)] if papers else sections


def erase(session: Session, person_id: int) -> list[DataCount]:
    """Throw away a person's photos, the papers that no law asks to keep, and what was never signed.

    Signed visits and their documents stay: outpatient records are kept 15 years at least (医疗机构管理条例实施细则 53).
    """
    papers = documents.erase(session, person_id)
    gone = photos.erase(session, person_id)
    open_ones = session.scalars(select(Visit).where(Visit.person_id == person_id)).all()
    dropped = 0
    for visit in open_ones:
        if visits.draft_of(session, visit) is not None:
            visits.drop(session, visit.id)
            dropped += 1
    return [
        DataCount(_l("照片"), gone), DataCount(_l("处方、报告等资料"), papers),
        DataCount(_l("未签名的就诊记录"), dropped),
    ]  # fmt: skip


def merge(session: Session, winner_id: int, loser_id: int) -> list[DataCount]:
    """Move unsigned visits with what hangs on them, photos and papers to the winner.

    What was signed keeps the person it was signed for.
    """
    drafts = session.scalars(select(Visit).where(Visit.person_id == loser_id, Visit.signed_at.is_(None))).all()
    for visit in drafts:
        visit.person_id = winner_id
    hanging = select(Attachment).where(Attachment.visit_id.in_([visit.id for visit in drafts]))
    for kept in session.scalars(hanging):
        kept.person_id = winner_id
    for group in session.scalars(select(PhotoSet).where(PhotoSet.person_id == loser_id)):
        group.person_id = winner_id
    moved = session.scalars(
        select(Attachment).where(Attachment.person_id == loser_id, Attachment.kind.in_((photos.PHOTO, photos.PAPER)))
    ).all()
    for kept in moved:
        kept.person_id = winner_id
    session.flush()
    return [DataCount(_l("未签名的就诊记录"), len(drafts)), DataCount(_l("照片和附件"), len(moved))]


def sweep(runtime: Runtime, actor: Actor) -> Counts:
    """Remove files that no row owns (a commit that failed) a day after they were written, and those taken away.

    What lacks its file is counted as failed: the picture is to be restored from a backup.
    """
    store = files.Files(runtime.environment.data_dir)
    found = list(store.stored(actor.franchise_id))
    with runtime.db.unit("read") as session:
        rows = session.execute(select(Attachment.code, Attachment.removed_at)).all()
    alive = {code for code, removed in rows if removed is None}
    known = {code for code, _removed in rows}
    old = clock.now_ms() - ORPHAN_MS
    gone = {one.code for one in found if one.code not in alive and (one.code in known or one.written_at < old)}
    removed = sum(store.remove(actor.franchise_id, code) for code in sorted(gone))
    if removed:
        with runtime.db.unit("write") as session:
            audit.record(
                session, "care.files.swept", "franchise", current_actor().franchise_id, detail={"files": removed}
            )
    missing = len(alive - {one.code for one in found})
    return {"done": removed, "skipped": 0, "failed": missing}
