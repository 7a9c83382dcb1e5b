/* What every part uses. No part needs another one except this. */
const hk = {
  $: (sel, root = document) => root.querySelector(sel),
  all: (sel, root = document) => [...root.querySelectorAll(sel)],
  on: (type, handler, options) => document.addEventListener(type, handler, options),
  csrf: () => hk.$('meta[name="csrf"]')?.content || "",
  /* True while an input method composes: Enter then confirms a candidate, never our command. */
  composing: (event) => event.isComposing || event.keyCode === 229,
  typing: (target) => !!target.closest?.("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable]"),
};
