"""The palette's answers: members, orders, items, pages, settings and acts, from one line of text (ux 4.5).

Each source answers by one index look-up or from what the process already holds, so the number of statements is
the same whatever is typed. Rows are those the actor may open; phones are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import services as catalog
from core.catalog.permissions import VIEW as ITEMS_VIEW
from core.desk.permissions import ENROL, ORDERS_VIEW, TILL, VIEW
from core.desk.selling import till
from core.kernel import permissions
from core.kernel.i18n import _, _l
from core.kernel.runtime import runtime
from core.kernel.web.formats import yuan
from core.kernel.web.render import GROUPS, link_if, menu
from core.orders.models import Orders
from core.people import rules as names

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

LONGEST = 80
MOST = 5
# A prefix narrows to one source: @ members, # orders, > acts.
PREFIXES = {"@": "members", "＠": "members", "#": "orders", "＃": "orders", ">": "acts", "＞": "acts"}
SETTINGS = "console.plugin_settings_page"


@dataclass(frozen=True, slots=True)
class Hit:
    """A row: its title, a grey note, the sign, where it leads. `post`: fields of a form to send instead."""

    title: str
    note: str
    icon: str
    url: str
    post: tuple[tuple[str, str], ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one source under its heading."""

    key: str
    label: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """Something one can begin from the palette: what it is called, further words for it, the page, who may."""

    label: Any
    latin: str
    words: Any
    endpoint: str
    icon: str
    permission: str
    values: tuple[tuple[str, Any], ...] = ()
    plugin: str = ""


ACTS = (
    Act(_l("开单"), "till kaidan", _l("收银 新订单"), "desk.till", "till", TILL),
    Act(_l("新建会员"), "enrol", _l("入会 办卡"), "desk.enrol", "plus", ENROL),
    Act(_l("打印规则页"), "print rules", _l("方案 等级 积分"), "programme.rules", "print", "programme.rules.view"),
    Act(_l("修改会员方案"), "programme", _l("等级 积分 促销 草稿"), "programme.index", "edit", "programme.draft.edit"),
    Act(_l("导入名单"), "import excel csv", "", "imports.new", "upd", "imports.run"),
    Act(_l("新建人群"), "segment", _l("筛选 条件"), "segments.new", "users", "segments.edit"),
    Act(_l("新增员工"), "staff hire", _l("入职"), "org.staff_new", "plus", "org.staff.edit"),
    Act(_l("处理审批"), "approval", _l("批准"), "org.approvals", "check", "org.approvals.view"),
    Act(
        _l("启用或停用业态"),
        "plugin",
        _l("插件 牙科 药房 康复 美容"),
        "console.plugins",
        "plug",
        "console.plugins.view",
    ),
    Act(_l("查操作日志"), "audit", _l("谁改过"), "console.audit", "doc", "console.audit.view"),
    Act(_l("修改密码和 PIN"), "password totp", _l("动态口令 账号 安全"), "org.security", "shield", "org.shell.use"),
    Act(_l("建立加盟主体"), "franchise chain", _l("连锁"), "console.chain_new", "tree", "console.chain.edit"),
)


def search(session: Session, actor: Actor, text: str) -> list[Group]:
    """Return what a line of text finds, grouped; without text the acts and pages one may open."""
    typed = text.strip()[:LONGEST]
    only = PREFIXES.get(typed[:1], "")
    wanted = typed[1:].strip() if only else typed
    found = [
        ("members", _("会员"), _members), ("orders", _("订单"), _orders), ("items", _("项目"), _items),
        ("acts", _("操作"), _acts), ("pages", _("页面"), _pages), ("settings", _("设置"), _settings),
    ]  # fmt: skip
    groups = []
    for key, label, source in found:
        if only and key != only:
            continue
        hits = tuple(source(session, actor, wanted))
        if hits:
            groups.append(Group(key, label, hits))
    return groups


def fits(text: str, label: str, words: str = "") -> bool:
    """Return whether a label (or the further words) holds the text, its pinyin or its initials."""
    low = text.lower()
    if not low:
        return True
    if low in label.lower() or low in words.lower():
        return True
    return low.isascii() and any(low in joined or initials.startswith(low) for joined, initials in _readings(label))


def _readings(label: str) -> tuple[tuple[str, str], ...]:
    return names.readings(label)


def _members(session: Session, actor: Actor, text: str) -> list[Hit]:
    if len(text) < 2 or not permissions.may(actor, VIEW):
        return []
    rows = till.found_rows(session, text)[:MOST]
    hits = []
    for n, row in enumerate(rows):
        note = " · ".join(part for part in (row["phone"] or row["member_no"], row["tier"], row["store"]) if part)
        url = link_if("desk.member", person_id=row["id"]) or ""
        hits.append(Hit(row["name"], note, "user", url, key=str(row["id"])))
        if n == 0 and permissions.may(actor, TILL):
            sell = _("为 %(name)s 开单", name=row["name"])
            post = (("person_id", str(row["id"])),)
            hits.append(Hit(sell, "", "till", link_if("desk.till_member") or "", post, key=f"sell-{row['id']}"))
    return hits


def _orders(session: Session, actor: Actor, text: str) -> list[Hit]:
    """Return the order with this number: one look-up in the unique index, own stores only."""
    number = text.strip().upper()
    if len(number) < 4 or not any(ch.isdigit() for ch in number) or not permissions.may(actor, ORDERS_VIEW):
        return []
    row = session.scalar(select(Orders).where(Orders.order_no == number[:30]))
    if row is None or not permissions.may(actor, ORDERS_VIEW, row.store_id):
        return []
    url = link_if("desk.order", order_no=row.order_no) or ""
    return [Hit(row.order_no, f"{row.business_on.isoformat()} · {yuan(row.total_fen)}", "doc", url, key=row.order_no)]


def _items(session: Session, actor: Actor, text: str) -> list[Hit]:
    if len(text) < 2 or not permissions.may(actor, ITEMS_VIEW):
        return []
    hits = []
    for item in catalog.find(session, text, MOST):
        url = link_if("record_items.index_view", q=item.code) or link_if("desk.till") or ""
        hits.append(Hit(item.name, f"{item.code} · {yuan(item.price_fen)}", "tag", url, key=item.code))
    return hits


def _acts(_session: Session, actor: Actor, text: str) -> list[Hit]:
    hits = []
    for act in ACTS:
        if act.permission not in permissions.registry or not permissions.may(actor, act.permission):
            continue
        url = link_if(act.endpoint, **dict(act.values))
        if url and fits(text, str(act.label), f"{act.latin} {act.words}"):
            hits.append(Hit(str(act.label), "", act.icon, url, key=act.endpoint))
    return hits[: MOST if text else len(ACTS)]


def _pages(_session: Session, actor: Actor, text: str) -> list[Hit]:
    hits = []
    for entry in menu.entries(actor):
        group = str(GROUPS[entry.group][0])
        url = link_if(entry.endpoint, **dict(entry.values))
        if url and (fits(text, str(entry.label)) or (text and fits(text, group))):
            hits.append(Hit(str(entry.label), group, entry.icon, url, key=f"{entry.endpoint}-{len(hits)}"))
    return hits[: MOST if text else None]


def _settings(_session: Session, actor: Actor, text: str) -> list[Hit]:
    """Return the settings of plugins by their label, each with the way to its form."""
    host = runtime().host
    if host is None or len(text) < 2 or not permissions.may(actor, "console.plugins.view"):
        return []
    hits = []
    for key in sorted(actor.plugins & set(host.plugins)):
        for spec in host.declared_by("register_settings", key):
            url = link_if(SETTINGS, key=key)
            if url and fits(text, str(spec.label), spec.key):
                hits.append(Hit(str(spec.label), str(host.plugins[key].name), "gear", url, key=spec.key))
    return hits[:MOST]
