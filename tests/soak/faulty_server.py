"""The server of the kill loop's controls: the product with one fault built in."""

from __future__ import annotations

import os
import time
from typing import Any

import waitress

from app import create_app
from core.kernel import idempotency
from core.orders.selling import settle


def no_idempotency() -> None:
    """Every retry is carried out anew: a new quote for each try, as a till without keys would.

    The answer takes its time on its way: only a kill between commit and answer makes a client repeat what was done.
    """
    perform = idempotency.perform

    def slowly(*args: Any) -> Any:
        outcome = perform(*args)
        time.sleep(0.1)
        return outcome

    idempotency.perform = slowly
    idempotency._claim = lambda *args: True  # type: ignore[assignment]
    from core.orders.quoting import quotes

    quotes.check_open = lambda row, now: None
    plain = settle.settle

    def settle_again(session: Any, quote_id: Any, *args: Any, **kw: Any) -> Any:
        row, _priced = quotes.store(session, quotes.request_of(quotes.get(session, quote_id)))
        return plain(session, row.id, *args, **kw)

    settle.settle = settle_again


def split_commit() -> None:
    """The order is committed before its points."""
    plain = settle._post_points

    def post_points(st: Any, plan: Any, posting: Any) -> None:
        connection = st.session.connection().connection.driver_connection
        connection.commit() if st.locks_rows else connection.execute("COMMIT")
        time.sleep(0.02)
        if not st.locks_rows:
            connection.execute("BEGIN IMMEDIATE")
        else:
            st.run("SELECT set_config('app.franchise', ?, true)", [str(st.franchise_id)])
        plain(st, plan, posting)

    settle._post_points = post_points


if __name__ == "__main__":
    {"no_idempotency": no_idempotency, "split_commit": split_commit}[os.environ["HUIKE_SOAK_CONTROL"]]()
    waitress.serve(create_app(), host="127.0.0.1", port=int(os.environ["HUIKE_PORT"]), threads=8, ident=None)
