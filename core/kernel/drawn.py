"""Signatures drawn on a pad: strokes as the path of an SVG, `M10 10L20 20…`, on a field of 300 × 100."""

LONGEST = 16_000
_LETTERS = frozenset("ML0123456789 -.")


def is_signature(path: str) -> bool:
    """Return whether a text is a drawn signature and nothing else: moves and lines, no mere dot, not too long.

    It is put into pages as the path of an SVG, so nothing but these letters may stand in it.
    """
    if not 12 <= len(path) <= LONGEST or not path.startswith("M"):
        return False
    return set(path) <= _LETTERS and path.count("L") >= 3
