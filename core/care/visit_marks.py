"""What is drawn or typed on a visit beside its signer's PIN: the signer's own hand, and the word of who was treated.

Pure. The PIN stays what proves the signature (decision 106); the drawn hand is what paper shows. Who was treated, or a
child's guardian, signs on the pad or types their name, which the signer attests with the same PIN: nothing needs a pad.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from core.kernel import drawn
from core.kernel.errors import Invalid
from core.kernel.i18n import _, _l

if TYPE_CHECKING:
    from collections.abc import Mapping

SELF, GUARDIAN = "self", "guardian"
BY: dict[str, Any] = {SELF: _l("本人"), GUARDIAN: _l("监护人")}
NAME_MOST = 60


@dataclass(frozen=True, slots=True)
class Marks:
    """Drawn hands as SVG paths: `signer`; `member` with `name` and who it is (`by` self or guardian)."""

    signer: str = ""
    member: str = ""
    name: str = ""
    by: str = SELF

    @property
    def given(self) -> bool:
        """Return whether anything was drawn or typed."""
        return bool(self.signer or self.member or self.name)


def checked(marks: Marks, *, child: bool) -> Marks:
    """Return marks that may be kept; raise Invalid for a drawing that is none, or a child's own word.

    A child under fourteen is spoken for by a guardian (PIPL art. 31), whose name is typed besides.
    """
    for name, path in (("signer_ink", marks.signer), ("member_ink", marks.member)):
        if path and not drawn.is_signature(path):
            raise Invalid.field(name, _("请在签名框里重新签一次，或清空后只用 PIN。"))
    name = " ".join(marks.name.split())
    if len(name) > NAME_MOST:
        raise Invalid.field("member_name", _("姓名最多 %(n)d 个字。", n=NAME_MOST))
    if marks.by not in BY:
        raise Invalid.field("member_by", _("请选择谁签的字。"))
    if (marks.member or name) and child and (marks.by != GUARDIAN or not name):
        raise Invalid.field("member_name", _("不满 14 岁，须由监护人签字，并填写监护人姓名。"))
    if marks.by == GUARDIAN and marks.member and not name:
        raise Invalid.field("member_name", _("请填写监护人姓名。"))
    return Marks(marks.signer, marks.member, name, marks.by if marks.member or name else SELF)


def typed(form: Mapping[str, str]) -> Marks:
    """Return what a form says, unchecked."""
    return Marks(
        form.get("signer_ink", "")[: drawn.LONGEST + 1], form.get("member_ink", "")[: drawn.LONGEST + 1],
        form.get("member_name", "").strip()[: NAME_MOST + 1], form.get("member_by", "") or SELF,
    )  # fmt: skip


def packed(marks: Marks) -> str | None:
    """Return marks as the one text that is sealed and signed; None for none."""
    return json.dumps(asdict(marks), ensure_ascii=False, sort_keys=True) if marks.given else None


def opened(text: str | None) -> Marks:
    """Return the marks that a revision holds."""
    held = json.loads(text) if text else {}
    return Marks(**{one.name: held[one.name] for one in fields(Marks) if one.name in held})
