"""A page by keyboard alone: Tab comes to every control, shows where it is, and gets out again.

Used by `./dev shots` on every page it opens.
"""

from __future__ import annotations

from typing import Any

# Controls that a reader can see, and how each looks while it has no focus; of radios with one name one is enough.
_LIST = """() => {
  const seen = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0
    && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !e.closest("[inert]"); };
  const near = (e) => [e, e.nextElementSibling, e.parentElement, e.closest("label"),
    ...(e.ownerSVGElement ? e.children : [])].filter(Boolean);  // a drawing shows its place by a stroke
  window.lookOf = (e) => near(e).map((n) => { const s = getComputedStyle(n);
    return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.stroke,
      s.strokeWidth].join("|"); })
    .join("/");
  const radios = new Set();
  document.activeElement?.blur?.();
  window.controls = [...document.querySelectorAll("a[href],button,input,select,textarea,summary,[tabindex]")].filter((e) => {
    if (e.tabIndex < 0 || e.disabled || e.type === "hidden" || !seen(e)) return false;
    if (e.type !== "radio") return true;
    const group = e.name + "@" + (e.form ? [...document.forms].indexOf(e.form) : "");
    const first = !radios.has(group);
    radios.add(group);
    return first;
  });
  window.looks = new Map(window.controls.map((e) => [e, lookOf(e)]));
  return window.controls.length;
}"""
_HERE = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const same = (c) => c === e || (c.type === "radio" && e.type === "radio" && c.name === e.name && c.form === e.form);
  const place = window.controls.findIndex(same);
  const before = window.looks.get(e);
  return [place, before === undefined || before !== lookOf(e)];
}"""
_NAME = """(n) => { const e = window.controls[n]; const words = e.getAttribute("aria-label") || e.innerText || e.name || e.id;
  return e.tagName.toLowerCase() + " " + words.trim().replace(/\\s+/g, " ").slice(0, 40); }"""


def walk(page: Any) -> list[str]:
    """Return what is wrong when only Tab is used: controls it never comes to, and places that do not show it."""
    count = page.evaluate(_LIST)
    page.evaluate("() => { scrollTo(0, 0); document.body.tabIndex = -1; document.body.focus(); }")
    reached: set[int] = set()
    dim: set[int] = set()
    for _press in range(count + 15):
        page.keyboard.press("Tab")
        here = page.evaluate(_HERE)
        if here is None:
            if reached:
                break
            continue
        place, shows = here
        if not shows:
            page.wait_for_timeout(250)
            shows = page.evaluate(_HERE)[1]
        reached.add(place)
        if not shows:
            dim.add(place)
        if len(reached - {-1}) == count:
            break
    missed = sorted(set(range(count)) - reached)
    return [f"Tab never comes to {page.evaluate(_NAME, n)}" for n in missed[:5]] + [
        f"focus is not seen on {page.evaluate(_NAME, n)}" for n in sorted(dim - {-1})[:5]
    ]
