"""The real list: ten thousand members with 3 % bad rows and 2 % duplicates, in GB18030."""

from __future__ import annotations

from core.console import verification
from tests.core.imports import lists


def test_ten_thousand_rows(office):
    """S1-10, acceptance 2: the dry run equals the result, the ledger stays right, the same file changes nothing."""
    rows, want = lists.members(10_000)
    data = lists.as_csv(rows)
    counts = office.take_in(data)
    assert {key: n for key, n in counts.items() if n} == want
    assert office.members() == want["created"]
    assert [r.difference for r in verification.verify(office.installation.runtime) if r.difference] == []
    again = office.take_in(data)
    assert again == {"created": 0, "updated": 0, "unchanged": want["created"], "duplicate": want["duplicate"],
                     "failed": want["failed"]}  # fmt: skip
    assert office.members() == want["created"]
