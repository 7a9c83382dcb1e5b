/* Server-searched combobox (ARIA 1.2): the list comes as <li role="option" data-value> rows. */
(() => {
  const timers = new WeakMap();
  const parts = (box) => ({ input: hk.$("[role=combobox]", box), list: hk.$("[role=listbox]", box), held: hk.$("input[type=hidden]", box) });
  async function search(box) {
    const { input, list } = parts(box);
    const text = input.value.trim();
    if (!text) return close(box);
    const answer = await fetch(`${box.dataset.combo}?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || input.value.trim() !== text) return;
    list.innerHTML = await answer.text();
    hk.all("[role=option]", list).forEach((row, n) => { row.id = `${list.id}-${n}`; });
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(box, 0);
  }
  function mark(box, n) {
    const { input, list } = parts(box);
    const rows = hk.all("[role=option]", list);
    rows.forEach((row, i) => row.setAttribute("aria-selected", i === n ? "true" : "false"));
    if (rows[n]) { input.setAttribute("aria-activedescendant", rows[n].id); rows[n].scrollIntoView({ block: "nearest" }); }
  }
  function close(box) {
    const { input, list } = parts(box);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function take(box, row) {
    const { input, held } = parts(box);
    input.value = row.dataset.text || row.textContent.trim();
    held.value = row.dataset.value;
    close(box);
    held.dispatchEvent(new Event("change", { bubbles: true }));
  }
  hk.on("input", (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (!box || event.isComposing) return;
    parts(box).held.value = "";
    clearTimeout(timers.get(box));
    timers.set(box, setTimeout(() => search(box), 120));
  });
  hk.on("compositionend", (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (box) search(box);
  });
  hk.on("keydown", (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (!box || hk.composing(event)) return;
    const { list } = parts(box);
    if (list.hidden) return;
    const rows = hk.all("[role=option]", list);
    const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") { event.preventDefault(); mark(box, Math.min(at + 1, rows.length - 1)); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(box, Math.max(at - 1, 0)); }
    else if (event.key === "Enter" && rows[at]) { event.preventDefault(); take(box, rows[at]); }
    else if (event.key === "Escape") { event.stopPropagation(); close(box); }
  });
  hk.on("mousedown", (event) => {
    const row = event.target.closest?.("[data-combo] [role=option]");
    if (row) { event.preventDefault(); take(row.closest("[data-combo]"), row); }
  });
  hk.on("focusout", (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (box) close(box);
  });
})();
