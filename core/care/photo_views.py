"""Pages of photos: the gallery by phase and angle, two side by side, taking in, and the pictures themselves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import make_response, request

from core.care import images, need, photos
from core.care.blueprint import bp
from core.care.visit_permissions import PHOTOS, READ, SHOOT
from core.kernel import clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import authorize, may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.org.blueprint import id_of
from core.org.models import Staff
from core.people import consents
from core.people import services as people
from core.people.consents import PURPOSE_NAMES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

    from core.kernel.errors import Refusal

USES = ("record", "education", "publicity")
VIEWS = {"side": _l("并排"), "slide": _l("拉动对比"), "ghost": _l("叠影")}


@page(bp, "/members/<person_id>/photos", permission=PHOTOS, health=True, endpoint="photos")
def photos_page(person_id: str) -> Any:
    """Show a member's photos for a use; without the consents none, and why."""
    return _gallery(session(), person_id)


def _gallery(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person = people.get(unit, id_of(person_id))
    use = request.args.get("use", "record")
    use = use if use in USES else "record"
    actor = current_actor()
    return render_page(
        "care/photos.html", P=person, sets=photos.photos_of(unit, person.id, use), use=use, uses=USES,  # type: ignore[arg-type]
        kept=photos.count_of(unit, person.id), angles=photos.ANGLES, phases=photos.PHASES,
        lacking=[one for one in photos.purposes_of(use) if not consents.has(unit, person.id, one)],  # type: ignore[arg-type]
        names=PURPOSE_NAMES, set_names=photos.set_names(unit, person.id) if photos.may_show(unit, person.id) else [],
        may_shoot=may(actor, SHOOT) and photos.may_show(unit, person.id), typed=request.form, refusal=refusal,
        today=clock.today(actor.tz), errors={e.field: e.message for e in refusal.errors} if refusal else {},
    )  # fmt: skip


@page(bp, "/members/<person_id>/photos", permission=SHOOT, health=True, unit="write", methods=("POST",), upload=True)
def photo_add(person_id: str) -> Any:
    """Take photos in: several files of one angle and phase go into one set."""
    on_refusal(lambda refusal: _gallery(session(), person_id, refusal))
    unit, form = session(), request.form
    person = people.get(unit, id_of(person_id))
    given = [one for one in request.files.getlist("file") if one.filename]
    if not given:
        raise Invalid.field("file", _("请选择一张照片。"))
    new = photos.NewPhoto(
        form.get("angle", ""), form.get("phase", ""), parse_id(form.get("set")), form.get("set_name", ""), _day(), None
    )
    for one in given:
        row = photos.add_photo(unit, person.id, one.read(), new)
        new = photos.NewPhoto(new.angle, new.phase, row.photo_set_id, "", new.taken_on, None)
    toast(_("已上传 %(n)d 张照片。", n=len(given)))
    return go("care.photos", person_id=person.id)


def _day() -> date | None:
    text = request.form.get("taken_on", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise Invalid.field("taken_on", _("请填写拍摄日期。")) from problem


@page(bp, "/members/<person_id>/photos/compare", permission=PHOTOS, health=True)
def photo_compare(person_id: str) -> Any:
    """Show two photos of a member: ?a=…&b=…, side by side, or (`view`) one over the other, cut or shining through."""
    unit = session()
    person = people.get(unit, id_of(person_id))
    pair = [photos.of_set(unit, request.args.get(name)) for name in ("a", "b")]
    if any(kept.person_id != person.id for _photo, kept in pair):
        raise NotFound
    sets, view = photos.photos_of(unit, person.id), request.args.get("view", "side")
    return render_page(
        "care/photo_compare.html", P=person, view=view if view in VIEWS else "side", views=VIEWS, pair=pair,
        angles=photos.ANGLES, phases=photos.PHASES,
        others=[(one, group.name) for group in sets for one in group.photos],
    )  # fmt: skip


@page(bp, "/photos/<code>", permission=PHOTOS, unit="own")
def photo(code: str) -> Any:
    """Serve a picture, marked with who looks at it, after writing that down."""
    return _picture(code, photos.FULL)


@page(bp, "/photos/<code>/small", permission=PHOTOS, unit="own")
def photo_small(code: str) -> Any:
    """Serve a picture's small size in the same way."""
    return _picture(code, photos.THUMB)


def _picture(code: str, variant: str) -> Response:
    with own_unit("write") as unit:
        need.check_need(unit, photos.find(unit, code[:40]).person_id, "care.photo", each=False)
        opened = photos.open_file(unit, code[:40])
        if opened.kind == photos.DOCUMENT:
            authorize(current_actor(), READ, None)
        mark = mark_of(unit)
    return answer_of(photos.shown(opened, variant, mark))


def answer_of(data: bytes) -> Response:
    """Return a marked picture as an answer: kept by nobody on the way, nothing in it can run (security C42)."""
    answer = make_response(data)
    answer.headers["Content-Type"] = images.MEDIA_TYPE
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def mark_of(unit: Session) -> str:
    """Return what stands on every picture: who looks at it, and when."""
    actor = current_actor()
    staff = unit.get(Staff, actor.staff_id)
    now = clock.now().astimezone(clock.zone(actor.tz))
    return f"{staff.name} {staff.number} {now:%Y-%m-%d %H:%M}" if staff else f"{now:%Y-%m-%d %H:%M}"


@page(bp, "/photos/<code>/remove", permission=SHOOT, unit="write", methods=("POST",))
def photo_remove(code: str) -> Any:
    """Take a picture away for good, with a reason."""
    row = photos.find(session(), code[:40])
    need.check_need(session(), row.person_id, "care.photo", each=False)
    person_id, visit_id, kind = row.person_id, row.visit_id, row.kind
    if kind == photos.PHOTO:
        on_refusal(lambda refusal: _gallery(session(), str(person_id), refusal))
    else:
        authorize(current_actor(), READ, None)
    photos.remove(session(), code[:40], request.form.get("reason", ""))
    toast(_("已删除，文件不能再打开。"))
    if kind == photos.DOCUMENT and visit_id:
        return go("care.visit", person_id=person_id, visit_id=visit_id)
    return go("care.photos", person_id=person_id)
