"""Recompute stored value: the ledger against top-ups, draws and refunds; pairs against their ratio (I1, I27, I28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.statements import Statements
from core.ledger.verify import Check, run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_REVERSED = (
    "(SELECT reverses_id, SUM(amount) AS n FROM transfer WHERE franchise_id = :f AND reverses_id IS NOT NULL"
    " GROUP BY reverses_id)"
)
# What a top-up gave to payments, less what came back of it.
_NET = (
    "(SELECT d.top_up_id, SUM(d.principal_fen - COALESCE(p.n, 0)) AS principal,"  # noqa: S608 (our own words)
    " SUM(d.bonus_fen - COALESCE(b.n, 0)) AS bonus, SUM(COALESCE(p.n, 0) + COALESCE(b.n, 0)) AS back"
    f" FROM stored_value_draw d LEFT JOIN {_REVERSED} p ON p.reverses_id = d.principal_transfer_id"
    f" LEFT JOIN {_REVERSED} b ON b.reverses_id = d.bonus_transfer_id WHERE d.franchise_id = :f GROUP BY d.top_up_id)"
)
_GONE = (
    "(SELECT top_up_id, SUM(left_principal_fen) AS principal, SUM(left_bonus_fen) AS bonus, SUM(result_fen) AS paid"
    " FROM top_up_refund WHERE franchise_id = :f GROUP BY top_up_id)"
)
# What a top-up brought in: nothing any more where its import was undone.
_IN = "CASE WHEN t.state = 'undone' THEN 0 ELSE t.{0}_fen END"
_LOT = (
    "(SELECT l.source_id AS top_up_id, SUM(l.remaining) AS n FROM lot l JOIN account a"
    " ON a.franchise_id = l.franchise_id AND a.id = l.account_id WHERE l.franchise_id = :f"
    " AND l.source_kind = 'top_up' AND a.unit = '{0}' GROUP BY l.source_id)"
)
# Looked up by index, one top-up at a time: right after a great import PostgreSQL knows nothing of these tables yet,
# and joining a sum of all lots would make it add them up anew for every top-up.
_LEFT = (
    "(SELECT u.id, u.state, u.principal_fen, COALESCE((SELECT SUM(l.remaining) FROM lot l JOIN account a"
    " ON a.franchise_id = l.franchise_id AND a.id = l.account_id AND a.unit = 'principal'"
    " WHERE l.franchise_id = u.franchise_id AND l.source_kind = 'top_up' AND l.source_id = u.id), 0) AS n"
    " FROM top_up u WHERE u.franchise_id = :f)"
)
_BALANCE = (
    "(SELECT owner_id, SUM(balance) AS n FROM account WHERE franchise_id = :f AND owner_kind = 'stored_value'"
    " AND unit = 'bonus' GROUP BY owner_id)"
)
_EXPIRED = (
    "(SELECT a.owner_id, SUM(t.amount) AS n FROM account a JOIN transfer t ON t.franchise_id = a.franchise_id"
    " AND t.from_account_id = a.id AND t.reason = 'expire' WHERE a.franchise_id = :f AND a.owner_kind = 'stored_value'"
    " AND a.unit = 'bonus' GROUP BY a.owner_id)"
)
_SHARES = (
    "(SELECT orders_id, SUM(CASE WHEN kind = 'stored_value' THEN amount_fen ELSE 0 END) AS principal,"
    " SUM(CASE WHEN kind = 'stored_bonus' THEN amount_fen ELSE 0 END) AS bonus,"
    " SUM(CASE WHEN kind = 'stored_value' THEN refunded_fen ELSE 0 END) AS principal_back,"
    " SUM(CASE WHEN kind = 'stored_bonus' THEN refunded_fen ELSE 0 END) AS bonus_back"
    " FROM tender WHERE franchise_id = :f AND kind IN ('stored_value', 'stored_bonus') GROUP BY orders_id)"
)

CHECKS = (
    Check(
        "wallet.principal_adds_up",
        f"SELECT t.id, t.n, {_IN.format('principal')} - COALESCE(d.principal, 0)"  # noqa: S608
        f" - COALESCE(g.principal, 0) FROM {_LEFT} t"
        f" LEFT JOIN {_NET} d ON d.top_up_id = t.id LEFT JOIN {_GONE} g ON g.top_up_id = t.id"
        f" WHERE t.n <> {_IN.format('principal')} - COALESCE(d.principal, 0)"
        " - COALESCE(g.principal, 0)",
        "top-up {0} has {1} of principal, its payments and refunds say {2}",
    ),
    Check(
        "wallet.bonus_adds_up",
        "SELECT s.id, COALESCE(b.n, 0), s.bonus - COALESCE(e.n, 0) FROM (SELECT t.stored_value_account_id AS id,"  # noqa: S608
        f" SUM({_IN.format('bonus')} - COALESCE(d.bonus, 0) - COALESCE(g.bonus, 0)) AS bonus FROM top_up t"
        f" LEFT JOIN {_NET} d ON d.top_up_id = t.id LEFT JOIN {_GONE} g ON g.top_up_id = t.id"
        f" WHERE t.franchise_id = :f GROUP BY t.stored_value_account_id) s LEFT JOIN {_BALANCE} b ON b.owner_id = s.id"
        f" LEFT JOIN {_EXPIRED} e ON e.owner_id = s.id WHERE COALESCE(b.n, 0) <> s.bonus - COALESCE(e.n, 0)",
        "account {0} has {1} of bonus, its top-ups, payments, refunds and expiry say {2}",
    ),
    Check(
        "wallet.pairs_keep_their_ratio",
        "SELECT t.id, p.n, COALESCE(b.n, 0) FROM top_up t"  # noqa: S608
        f" JOIN {_LOT.format('principal')} p ON p.top_up_id = t.id"
        f" LEFT JOIN {_LOT.format('bonus')} b ON b.top_up_id = t.id LEFT JOIN {_NET} d ON d.top_up_id = t.id"
        " WHERE t.franchise_id = :f AND t.draw = 'pro_rata' AND t.state = 'open' AND t.bonus_expires_on IS NULL"
        " AND COALESCE(d.back, 0) = 0 AND ABS(p.n * t.bonus_fen - COALESCE(b.n, 0) * t.principal_fen)"
        " > t.principal_fen + t.bonus_fen",
        "top-up {0} has {1} of principal and {2} of bonus left: not its ratio",
    ),
    Check(
        "wallet.spends_are_draws",
        "SELECT s.id, s.principal_fen, s.bonus_fen FROM stored_value_spend s LEFT JOIN (SELECT stored_value_spend_id,"
        " SUM(principal_fen) AS principal, SUM(bonus_fen) AS bonus FROM stored_value_draw WHERE franchise_id = :f"
        " GROUP BY stored_value_spend_id) d ON d.stored_value_spend_id = s.id WHERE s.franchise_id = :f"
        " AND (s.principal_fen <> COALESCE(d.principal, 0) OR s.bonus_fen <> COALESCE(d.bonus, 0))",
        "payment {0} of {1} and {2} is not what it drew",
    ),
    Check(
        "wallet.tenders_are_draws",
        "SELECT t.orders_id, t.principal, COALESCE(s.principal, 0), t.bonus, COALESCE(s.bonus, 0), t.principal_back,"  # noqa: S608
        f" COALESCE(s.principal_back, 0), t.bonus_back, COALESCE(s.bonus_back, 0) FROM {_SHARES} t LEFT JOIN"
        " (SELECT x.order_id, SUM(d.principal_fen) AS principal, SUM(d.bonus_fen) AS bonus,"
        " SUM(COALESCE(p.n, 0)) AS principal_back, SUM(COALESCE(b.n, 0)) AS bonus_back FROM stored_value_spend x"
        " JOIN stored_value_draw d ON d.franchise_id = x.franchise_id AND d.stored_value_spend_id = x.id"
        f" LEFT JOIN {_REVERSED} p ON p.reverses_id = d.principal_transfer_id"
        f" LEFT JOIN {_REVERSED} b ON b.reverses_id = d.bonus_transfer_id"
        " WHERE x.franchise_id = :f GROUP BY x.order_id) s"
        " ON s.order_id = t.orders_id WHERE t.principal <> COALESCE(s.principal, 0) OR t.bonus <> COALESCE(s.bonus, 0)"
        " OR t.principal_back <> COALESCE(s.principal_back, 0) OR t.bonus_back <> COALESCE(s.bonus_back, 0)",
        "order {0}: principal {1}/{2}, bonus {3}/{4}, returned {5}/{6} and {7}/{8} do not agree",
    ),
    Check(
        "wallet.lines_are_top_ups",
        "SELECT l.id, l.net_fen, COALESCE(t.principal_fen, 0), l.refunded_fen, COALESCE(g.paid, 0) FROM order_line l"  # noqa: S608
        " LEFT JOIN top_up t ON t.franchise_id = l.franchise_id AND t.order_line_id = l.id"
        f" LEFT JOIN {_GONE} g ON g.top_up_id = t.id WHERE l.franchise_id = :f AND l.kind = 'topup'"
        " AND (l.net_fen <> COALESCE(t.principal_fen, 0) OR l.refunded_fen <> COALESCE(g.paid, 0))",
        "line {0} was paid {1}, its top-up says {2}; refunded {3} and {4}",
    ),
    Check(
        "wallet.settlement_is_foreign_draws",
        "SELECT t.id, COALESCE(x.principal, 0), COALESCE(s.principal, 0), COALESCE(x.bonus, 0), COALESCE(s.bonus, 0)"  # noqa: S608
        " FROM top_up t LEFT JOIN (SELECT d.top_up_id, SUM(d.principal_fen - COALESCE(p.n, 0)) AS principal,"
        " SUM(d.bonus_fen - COALESCE(b.n, 0)) AS bonus FROM stored_value_draw d JOIN stored_value_spend v"
        " ON v.franchise_id = d.franchise_id AND v.id = d.stored_value_spend_id JOIN top_up u"
        " ON u.franchise_id = d.franchise_id AND u.id = d.top_up_id AND u.legal_entity <> v.legal_entity"
        f" LEFT JOIN {_REVERSED} p ON p.reverses_id = d.principal_transfer_id"
        f" LEFT JOIN {_REVERSED} b ON b.reverses_id = d.bonus_transfer_id WHERE d.franchise_id = :f"
        " GROUP BY d.top_up_id) x ON x.top_up_id = t.id LEFT JOIN (SELECT top_up_id, SUM(principal_fen) AS principal,"
        " SUM(bonus_fen) AS bonus FROM settlement_line WHERE franchise_id = :f GROUP BY top_up_id) s"
        " ON s.top_up_id = t.id WHERE t.franchise_id = :f AND (COALESCE(x.principal, 0) <> COALESCE(s.principal, 0)"
        " OR COALESCE(x.bonus, 0) <> COALESCE(s.bonus, 0))",
        "top-up {0}: used elsewhere {1} of principal, settled {2}; bonus {3} and {4}",
    ),
)


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every check on stored value."""
    st = Statements(session, franchise_id)
    return [(c.name, run(st, c)) for c in CHECKS]
