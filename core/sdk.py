"""The plugin author's door to core: the only module of core that a plugin may import.

What is listed here is documented in docs/hooks.md and stays; names are added, never removed.
"""

from core.care.audits import note_reads as note_health_read
from core.care.codes import VERSION as CONDITIONS_VERSION
from core.care.codes import condition_codes
from core.care.codes import find as find_substances
from core.care.codes import substance as substance_of
from core.care.documents import Paper, documents_of
from core.care.documents import keep as keep_document
from core.care.need import check_need
from core.care.need import may_read as may_read_health
from core.care.photos import photos_of
from core.care.safety import AllergyView, ConditionView, MedicineView, SafetyView, safety_of
from core.care.services import note_medicine, stop_medicine
from core.care.visit_reads import visits_of, visits_of_order
from core.care.visits import attach_part, open_visit
from core.care.visits import part_of as visit_part_of
from core.desk.selling.held import put_aside as hold_basket
from core.desk.selling.remote import AtTill, answer_at_till, ask_at_till, passed_at_till, sitting
from core.hookcalls import ApiCall, ApiField
from core.hookcommands import franchise_unit, plainly
from core.hookfacts import Ago, Fact, FactParam, FactScope, Of, Rows, Total
from core.hookhealth import (
    Concern,
    Concerned,
    concerned,
    concerned_after,
    count_concerned,
    safety_in_bulk,
    with_conditions,
)
from core.hookhealth import counts as health_counts
from core.hookmessages import message_ready, queue_messages
from core.hookoverrides import overrides_of, write_later
from core.hookreads import (
    has_consented,
    items_of,
    items_with,
    licence_of,
    person_of,
    some_people,
    staff_choices,
    staff_names,
    store_names,
)
from core.hookspecs import SDK_VERSION
from core.hooktasks import begin_task, keep_apart, kept_apart
from core.hooktypes import (
    Alert,
    ApprovalKind,
    ApprovalSummary,
    BasketView,
    BoughtItem,
    Check,
    CheckSpec,
    CouponClass,
    CouponView,
    CourseView,
    DataCount,
    DataSection,
    DocumentKind,
    Event,
    FieldGroup,
    FormField,
    HookContext,
    ItemAttribute,
    ItemVeto,
    ItemView,
    Job,
    LineField,
    LineView,
    MenuItem,
    Panel,
    PanelSpec,
    PersonView,
    PointsChange,
    Preset,
    PriceChange,
    Remote,
    SeatView,
    TimelineEntry,
    VisitPart,
)
from core.kernel import clock, columns, ids, tasks, tenancy
from core.kernel.audit import record as record_audit
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _, _l, current_locale, in_locale, ngettext
from core.kernel.permissions import Permission, authorize, may, permission
from core.kernel.plugin_types import Plugin
from core.kernel.plugins import hookimpl
from core.kernel.sealed import Sealed
from core.kernel.settings import SettingSpec
from core.kernel.settings import value as setting_value
from core.kernel.triggers import frozen_columns, no_delete
from core.kernel.web import charts
from core.kernel.web.render import go, is_fragment, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page
from core.kernel.web.routes import session as page_session
from core.orders.quoting.previews import PricedLine, prices_for
from core.orders.remote import InQuote, answer_of_quote, ask_of_quote
from core.orders.sites import sites_of
from core.orders.sold import SoldLine, sold_at, sold_by_item, sold_in_order, sold_to
from core.orders.types import LineRequest
from core.org.approvals import ask as ask_approval
from core.segments.ready import ready_segments

__all__ = [
    "Ago", "Alert", "ApprovalKind", "ApprovalSummary", "Base", "BasketView", "BoughtItem", "Check", "CheckSpec",
    "Conflict", "CouponClass", "CouponView", "CourseView", "DataCount", "DataSection", "Event", "Fact", "FactParam",
    "FactScope", "FieldError", "FieldGroup", "Forbidden", "FormField", "FranchiseOwned", "HookContext", "Invalid",
    "ItemAttribute", "ItemVeto", "ItemView", "Job", "LineView", "MenuItem", "NotFound", "Of", "Panel",
    "PanelSpec", "Permission", "PersonView", "Plugin", "PointsChange", "Preset", "PriceChange", "Refusal", "Rows",
    "SDK_VERSION", "Sealed", "SeatView", "SettingSpec", "TimelineEntry", "Total", "VisitPart", "_", "_l",
    "ask_approval", "attach_part", "authorize", "belongs_to", "charts", "clock", "columns", "current_locale",
    "go", "has_consented", "hookimpl", "ids", "items_with", "may", "ngettext", "on_refusal", "open_visit", "page",
    "page_session", "permission", "person_of", "photos_of", "record_audit", "render_page", "setting_value",
    "some_people", "staff_names", "tenancy", "toast", "visit_part_of", "visits_of", "visits_of_order",
    # Calls of the POS API.
    "ApiCall", "ApiField",
    # A finding at the till put before a colleague elsewhere.
    "AtTill", "Remote", "answer_at_till", "ask_at_till", "in_locale", "own_unit", "passed_at_till", "sitting",
    "InQuote", "answer_of_quote", "ask_of_quote",
    # Commands in one franchise.
    "franchise_unit", "plainly",
    # Messages to members, from the franchise's own templates.
    "message_ready", "queue_messages",
    # Tables that are only added to; who may read a health record, and that it was read; a fragment for htmx.
    "check_need", "frozen_columns", "is_fragment", "may_read_health", "no_delete",
    # Segments that a vertical brings ready made.
    "ready_segments",
    # Facts that protect a person (core/care).
    "AllergyView", "CONDITIONS_VERSION", "ConditionView", "MedicineView", "SafetyView", "condition_codes",
    "find_substances", "note_health_read", "note_medicine", "safety_of", "stop_medicine", "substance_of",
    # The same of many persons at once.
    "Concern", "Concerned", "concerned", "concerned_after", "count_concerned", "health_counts", "safety_in_bulk",
    "with_conditions",
    # Papers kept as pictures: a prescription, a report from elsewhere.
    "DocumentKind", "Paper", "documents_of", "keep_document",
    # What was let pass; writing beside a read.
    "overrides_of", "write_later",
    # Long work in slices, shown in the task centre.
    "begin_task", "keep_apart", "kept_apart", "tasks",
    # What was sold, items, stores and licences.
    "SoldLine", "items_of", "licence_of", "sold_at", "sold_by_item", "sold_in_order", "sold_to", "staff_choices",
    "store_names",
    # A plan: what it would cost, where on the body, and a basket for the till.
    "LineField", "LineRequest", "PricedLine", "hold_basket", "prices_for", "sites_of",
]  # fmt: skip
