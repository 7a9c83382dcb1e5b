"""What hooks are given and what they answer: frozen plain data, amounts in fen, points whole numbers.

Nothing here is a row of a table. Fields are only ever added, always with a default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.kernel import clock, i18n, tenancy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

Severity = Literal["info", "moderate", "major", "contraindicated"]
SEVERITIES = ("info", "moderate", "major", "contraindicated")


# -- given to hooks --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HookContext:
    """Where and when a hook is asked.

    `plugins` are the keys that are on. `session` is the unit's session for hooks that may read
    (flush allowed, commit refused), None for hooks that get plain data only.
    """

    franchise_id: int
    store_id: int | None
    staff_id: int | None
    now_ms: int
    business_date: date
    locale: str
    plugins: frozenset[str] = frozenset()
    session: Session | None = None


def hook_context(session: Session | None = None) -> HookContext:
    """Return the context of the acting staff at this instant."""
    actor = tenancy.current_actor()
    return HookContext(
        franchise_id=actor.franchise_id,
        store_id=actor.store_id,
        staff_id=actor.staff_id,
        now_ms=clock.now_ms(),
        business_date=clock.today(actor.tz),
        locale=i18n.current_locale(),
        plugins=actor.plugins,
        session=session,
    )


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of the catalogue. `attributes` holds typed values by full key, such as `dental.category`."""

    item_id: int
    code: str
    name: str
    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    price_fen: int = 0


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a basket: `net_fen` is its price so far, `list_fen` its list price, both for all pieces.

    `site` is where on the body, as whoever made the line wrote it (`36 MO`); empty: not said. `priced_by_hand`: a
    person set the price of a piece, with a reason.
    """

    line: int
    item_id: int
    code: str
    name: str
    qty: int
    net_fen: int
    list_fen: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    for_person_id: int | None = None
    site: str = ""
    priced_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket: who pays (None: not a member) and its lines. The treated person stands on the line."""

    person_id: int | None
    lines: tuple[LineView, ...]

    def treated(self, line: LineView) -> int | None:
        """Return the person treated on `line`: the one named there, else the payer."""
        return line.for_person_id or self.person_id


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon as a person holds or shares it. `state`: open, used, expired, revoked."""

    code: str
    name: str
    state: str
    classes: frozenset[str] = frozenset()
    valid_until: date | None = None
    used_on: date | None = None


@dataclass(frozen=True, slots=True)
class BoughtItem:
    """An item a person had lately, by the order's business date."""

    code: str
    name: str
    on: date
    qty: int = 1
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course a person may use today: its item, sessions `left` of `total`, the last day of use (None: for ever)."""

    item: str
    name: str
    left: int
    total: int
    until: date | None = None


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat of a card shared in the household: who, in which role, with which coupons of the card."""

    person_id: int
    name: str
    role: str
    coupons: tuple[CouponView, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as the member page knows them. `recent` is newest first; `household` holds the person too.

    `sample` marks the empty person that the switchboard shows a plugin to preview its panels.
    """

    person_id: int
    name: str
    gender: str = ""
    birth_date: date | None = None
    tier: str = ""
    member_no: str = ""
    coupons: tuple[CouponView, ...] = ()
    recent: tuple[BoughtItem, ...] = ()
    household: tuple[SeatView, ...] = ()
    sample: bool = False
    courses: tuple[CourseView, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and was committed, such as `order.paid`. `data` holds ids and plain values."""

    name: str
    at_ms: int
    data: Mapping[str, Any] = field(default_factory=dict)


# -- declared once, at start -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemAttribute:
    """A typed attribute of items; `key` is `<plugin>.<name>`. Kinds: text, choice, choices, number, flag.

    `choices` are (value, label) pairs for the kinds choice and choices.
    """

    key: str
    label: Any
    kind: Literal["text", "choice", "choices", "number", "flag"]
    choices: tuple[tuple[str, Any], ...] = ()
    item_kinds: frozenset[str] = frozenset({"service", "goods", "course"})
    help: Any = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class LineField:
    """One text that a vertical asks for on a basket's lines of its items: a tooth, a batch. It is the line's `site`.

    `key` is `<plugin>.<name>`; `asks` says by an item's attributes whether its lines have it; `read` returns what was
    typed as it is kept (36mo → 36 MO) and raises Invalid naming what is wrong. `hint` stands in the empty field.
    Of several plugins that ask for one item the first by (order, key) does. Neither function may read the database.
    """

    key: str
    label: Any
    asks: Callable[[Mapping[str, Any]], bool]
    read: Callable[[str], str]
    hint: Any = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A panel that may appear on the member page (`person`), beside the member at the till, on the home page (`home`).

    `template` lies in the plugin's `templates/<key>/` and gets the panel's data as `panel`.
    """

    key: str
    title: Any
    template: str
    permission: str
    place: Literal["person", "till", "home"] = "person"
    order: int = 100


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A rule that looks at baskets: its code, what it looks at, the gravest finding it may give."""

    code: str
    label: Any
    severity: Severity
    order: int = 100


@dataclass(frozen=True, slots=True)
class Job:
    """Timed work, run for each franchise where the plugin is on. `at` is the local time, `HH:MM`.

    `run(ctx)` returns how many things it did; it must be safe to run again.
    """

    name: str
    label: Any
    at: str
    run: Callable[[HookContext], int]
    order: int = 100


@dataclass(frozen=True, slots=True)
class Preset:
    """A vertical's start: the base programme (or none) and its items, both as YAML text."""

    key: str
    name: Any
    programme: str
    items: str
    order: int = 100


# -- answered --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A menu entry. `group` is a core entry it stands under: till, members, marketing, settings."""

    key: str
    label: Any
    endpoint: str
    permission: str
    group: str = "members"
    icon: str = "plug"
    order: int = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """The content of a declared panel: the PanelSpec's key and the data for its template."""

    key: str
    data: Mapping[str, Any] = field(default_factory=dict)
    order: int = 100


@dataclass(frozen=True, slots=True)
class Alert:
    """A warning about a person, at the head of the member page and of the till."""

    code: str
    severity: Severity
    text: Any
    order: int = 100


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened to a person, merged by `at_ms` with core's own entries."""

    at_ms: int
    title: Any
    text: Any = ""
    icon: str = "doc"
    endpoint: str = ""
    object_id: int | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class FormField:
    """A field on the edit form. `name` carries the plugin's prefix. Kinds: text, choice, date, flag."""

    name: str
    label: Any
    kind: Literal["text", "choice", "date", "flag"] = "text"
    value: str = ""
    choices: tuple[tuple[str, Any], ...] = ()
    help: Any = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """A group of extra fields on the edit form of a person."""

    key: str
    title: Any
    fields: tuple[FormField, ...]
    order: int = 100


@dataclass(frozen=True, slots=True)
class VisitPart:
    """A part that a plugin adds to visit records. `key` is the plugin's, or `<plugin>.<name>`; `schema` its version.

    `fields` are asked for in the editor of a visit; what comes from the plugin's own page is put in by `attach_part`.
    `words(fields)` returns (label, text) lines for reading and for comparing revisions; without it each field is told
    by its label.
    """

    key: str
    title: Any
    schema: int = 1
    fields: tuple[FormField, ...] = ()
    words: Callable[[dict[str, Any]], list[tuple[Any, str]]] | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of paper that is kept as a picture. `key` is `<plugin>.<name>`; `read` and `write` are permissions.

    `by_law`: a law asks the house to keep it, so that it needs no consent and stays when a person is erased.
    """

    key: str
    label: Any
    read: str
    write: str
    by_law: bool = False
    order: int = 50


@dataclass(frozen=True, slots=True)
class Remote:
    """How the till puts a finding before a colleague elsewhere: endpoints of the plugin's own pages, each with the
    part `finding`. `ask` takes a POST (label `word`), `state` shows a fragment with how it stands."""

    ask: str
    state: str
    word: Any


@dataclass(frozen=True, slots=True)
class Check:
    """A finding on a basket. `line` is None for the whole basket; `override` is the permission that may
    let a major one pass; `evidence` is plain data kept with the order. `licences` are kinds of licence
    (`therapist`, `physician`, …): whoever lets it pass must hold one of them, valid that day.

    `data_version` names the version of the table that the rule read; it is kept with the override. `reasons` are
    (code, label) pairs to choose from when it is let pass; empty: core's own. `resign`: a contraindicated finding
    that may pass by the reason `prescriber_resigned` alone (the prescriber corrected or signed again), with evidence,
    recorded by somebody who holds `override` and one of `licences`. `remote`: a colleague elsewhere may be asked.
    """

    code: str
    severity: Severity
    text: str
    line: int | None = None
    override: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    order: int = 100
    licences: frozenset[str] = frozenset()
    data_version: str = ""
    reasons: tuple[tuple[str, Any], ...] = ()
    resign: bool = False
    remote: Remote | None = None


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A change of a line's price in stage item_promotion: `amount_fen` is added (negative: cheaper)."""

    line: int
    amount_fen: int
    label: str
    rule: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class PointsChange:
    """Extra points for an order, whole and never negative; `line` None means the whole order."""

    points: int
    label: str
    rule: str
    line: int | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class CouponClass:
    """The coupon classes that an item takes, such as `filling`, besides those written on it."""

    item_code: str
    classes: frozenset[str]
    order: int = 100


@dataclass(frozen=True, slots=True)
class ItemVeto:
    """An item that must not be used for a purpose, the rule that says so, and the rule in words."""

    item_code: str
    rule: str
    reason: Any
    order: int = 100


@dataclass(frozen=True, slots=True)
class DataCount:
    """How many rows of a kind a plugin keeps (or made), for “what stays” and the demo."""

    label: Any
    count: int
    order: int = 100


@dataclass(frozen=True, slots=True)
class DataSection:
    """A person's data held by a plugin, for their copy: a title and rows of (label, value)."""

    title: Any
    rows: tuple[tuple[Any, str], ...]
    order: int = 100


# -- approvals -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApprovalSummary:
    """What a request asks for, in words: rows of (label, value), computed anew whenever it is shown.

    `subject` names the state of the thing it is about: when it differs from the state at asking, the
    request is stale. `person_id` is the member concerned, `store_id` where it will be booked.
    """

    rows: tuple[tuple[Any, str], ...]
    subject: str = ""
    person_id: int | None = None
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """Something that wants a second person, and how it is done once that person agrees.

    `ask` and `approve` are permissions; the two people are never the same. `describe(ctx, payload)` checks
    the payload and returns its ApprovalSummary; it raises a Refusal for what cannot be. `execute(ctx,
    payload, request_id)` does it, in the transaction of the approval, and returns plain data; None: the
    approval waits until the one who asked uses it (`core.org.approvals.use`).
    """

    kind: str
    label: Any
    ask: str
    approve: str
    describe: Callable[[HookContext, Mapping[str, Any]], ApprovalSummary]
    execute: Callable[[HookContext, Mapping[str, Any], int], Mapping[str, Any]] | None = None
    order: int = 100
