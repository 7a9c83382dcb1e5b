"""Ids: ascending, never twice, also when a block of them is taken for one statement."""

from __future__ import annotations

import pytest

from core.kernel.ids import MOST_IN_BLOCK, new_block, new_id


def test_single_ids_and_blocks_never_meet_and_always_ascend():
    taken, last = set(), 0
    for n in (1, 7, 40_000, 1, 300):
        one, first, after = new_id(), new_block(n), new_id()
        assert last < one < first
        assert first + n - 1 < after < 1 << 63
        taken |= {one, after, *range(first, first + n)}
        last = after
    assert len(taken) == 10 + 1 + 7 + 40_000 + 1 + 300


def test_a_block_has_a_size():
    for n in (0, -1, MOST_IN_BLOCK + 1):
        with pytest.raises(ValueError, match="block"):
            new_block(n)
