/* The till: search, items, pay, search. F2 items, F4 points, F9 pay, 1 to 6 in the pay pane, Esc one step back. */
(() => {
  const till = () => hk.$("[data-till]");
  const pay = () => hk.$("[data-pay]");
  const item = () => hk.$("#item");
  const inPay = (target) => !!target.closest?.("[data-pay]");
  const field = (target) => target.matches?.("input:not([type=radio],[type=checkbox],[type=hidden]),select,textarea");
  let waiting = 0, waited = "";

  function place() {
    const here = till();
    if (!here) return;
    if (here.dataset.focus === "find" && (!hk.typing(document.activeElement) || document.activeElement.matches("[data-find]"))) hk.$("[data-find]")?.focus();
    left();
  }
  hk.on("DOMContentLoaded", place);
  hk.on("htmx:afterSettle", (event) => { if (event.detail.target.id === "till" || event.target.id === "till") place(); });

  /* -- items ------------------------------------------------------------------------------------- */
  const options = () => hk.all("#items [role=option]");
  function mark(n) {
    options().forEach((row, i) => row.setAttribute("aria-selected", i === n ? "true" : "false"));
    const row = options()[n];
    if (row) { item().setAttribute("aria-activedescendant", row.id); row.scrollIntoView({ block: "nearest" }); }
  }
  function patient(step) {
    const all = hk.all("[data-add] input[name=for]");
    if (!all.length) return;
    const at = all.findIndex((one) => one.checked);
    all[(at + step + all.length) % all.length].checked = true;
  }
  hk.on("keydown", (event) => {
    if (event.target.id !== "item" || hk.composing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!event.target.value) return patient(step);
      const at = options().findIndex((row) => row.getAttribute("aria-selected") === "true");
      const next = Math.max(0, Math.min(at + step, options().length - 1));
      mark(next);
      const chosen = options()[next];
      if (chosen) event.target.form.elements.item.value = chosen.dataset.code;
    } else if (event.key === "Escape") {
      event.preventDefault();
      hk.$("#items").replaceChildren();
      if (event.target.value) { event.target.value = ""; event.target.form.elements.item.value = ""; } else hk.$("[data-find]")?.focus();
    }
  });
  hk.on("input", (event) => { if (event.target.id === "item") { event.target.form.elements.item.value = ""; event.target.setAttribute("aria-expanded", event.target.value ? "true" : "false"); } });
  hk.on("mousedown", (event) => {
    const row = event.target.closest?.("#items [role=option]");
    if (!row) return;
    event.preventDefault();
    item().form.elements.item.value = row.dataset.code;
    item().form.requestSubmit();
  });

  /* -- payment ------------------------------------------------------------------------------------ */
  function choose(n) {
    if (n === "6") return hk.$("[data-split]")?.click();
    const radio = hk.$(`[data-pay] input[data-n="${n}"]`);
    if (radio) { radio.checked = true; radio.focus(); }
  }
  function settleKey() {
    if (!waiting) return;
    clearTimeout(waiting);
    waiting = 0;
    choose(waited);
  }
  function goPay() {
    const button = hk.$("[data-paybtn]");
    if (!pay() || !button) return;
    if (inPay(document.activeElement) && !button.disabled) return pay().requestSubmit(button);
    (button.disabled ? hk.$("#why-pay") || item() : hk.$("[data-pay] input[name=kind]:checked"))?.focus();
  }
  hk.on("keydown", (event) => {
    if (!till() || hk.composing(event) || event.altKey || event.metaKey || hk.$("dialog[open]")) return;
    if (event.key === "F2" && event.shiftKey) { const burn = hk.$("[data-burn]"); event.preventDefault(); if (burn) burn.click(); return; }
    if (event.key === "F2") { event.preventDefault(); item()?.focus(); item()?.select(); return; }
    if (event.key === "F4") { const box = hk.$("[data-points]"); if (box) { event.preventDefault(); box.click(); } return; }
    if (event.key === "F8") { const held = hk.$("[data-hold]") || hk.$("[data-resume]:enabled"); event.preventDefault(); if (held) held.click(); return; }
    if (event.key === "F9") { event.preventDefault(); goPay(); return; }
    if (!inPay(event.target) || field(event.target)) return;
    if (event.key === "Escape") { event.preventDefault(); item()?.focus(); return; }
    if (event.key === "Enter") { settleKey(); return; }
    if (waiting) { clearTimeout(waiting); waiting = 0; return; }  /* a second key at once: a scanner, not a choice */
    if (/^[1-6]$/.test(event.key)) { waited = event.key; waiting = setTimeout(() => { waiting = 0; choose(waited); }, 60); }
  }, true);
  /* While the pay pane has the focus a scan is the customer's payment code. */
  hk.on("focusin", (event) => {
    if (!till()) return;
    const paying = inPay(event.target);
    hk.$("#ref")?.toggleAttribute("data-scan", paying);
    item()?.toggleAttribute("data-scan", !paying);
  });
  hk.on("click", (event) => {
    const opener = event.target.closest?.("[data-split]");
    if (!opener) return;
    const fold = hk.$("#split");
    fold.open = !fold.open;
    opener.setAttribute("aria-expanded", fold.open ? "true" : "false");
    if (fold.open) hk.$("input", fold).focus();
  });
  function left() {
    const out = hk.$("[data-left]");
    if (!out) return;
    const given = hk.all("[data-part]").reduce((sum, box) => sum + Math.round(Number(box.value.replace(/,/g, "") || 0) * 100), 0);
    const due = Number(pay().dataset.due), owing = hk.$("[data-debt]")?.checked;
    const now = owing ? Math.round(Number(hk.$("[data-now]").value.replace(/,/g, "") || 0) * 100) : due;
    const owes = hk.$("[data-owes]");
    if (owes) tellDebt(owing && now >= 0 && now < due, now, due - now);
    const rest = now - given;
    out.textContent = `${rest < 0 ? "\u2212" : ""}${(Math.abs(rest) / 100).toFixed(2)}`;
    out.classList.toggle("c-bad", rest < 0 || Number.isNaN(rest));
  }
  const yuan = (fen) => (fen / 100).toLocaleString("en-US", { minimumFractionDigits: 2 });
  /* A deposit: what stays owed stands on the button that takes the money. */
  function tellDebt(owing, now, rest) {
    const owes = hk.$("[data-owes]"), word = hk.$("[data-owe-word]"), note = hk.$("[data-owing]");
    owes.hidden = !owing;
    hk.$("b", owes).textContent = yuan(rest);
    if (note) note.hidden = !owing;
    word.dataset.whole ||= word.textContent;
    word.textContent = owing ? word.dataset.oweWord.replace("{now}", yuan(now)) : word.dataset.whole;
  }
  hk.on("input", (event) => { if (event.target.matches("[data-part],[data-now],[data-debt]")) left(); });
  hk.on("submit", (event) => {
    if (!event.target.matches("[data-pay]") || event.defaultPrevented) return;
    const button = hk.$("[data-paybtn]");
    button.setAttribute("aria-busy", "true");
    hk.$("span", button).dataset.word = hk.$("span", button).textContent;
    button.classList.add("busy");
  });
  window.addEventListener("pageshow", () => hk.$("[data-paybtn]")?.classList.remove("busy"));

  /* -- a session: Enter takes the course, Enter again whoever performs it ------------------------- */
  hk.on("keydown", (event) => {
    const form = event.target.closest?.("[data-burnf]");
    if (!form || event.key !== "Enter" || hk.composing(event) || event.target.matches("button,a,summary")) return;
    const performer = hk.$("[data-performer]", form);
    event.preventDefault();
    if (event.target.name === "pick" && performer) performer.focus(); else form.requestSubmit();
  });

  /* -- paper --------------------------------------------------------------------------------------- */
  function paper(button) {
    const note = button.dataset.print;
    print();
    if (!note) return;
    fetch(note, { method: "POST", headers: { "X-CSRFToken": hk.csrf() }, redirect: "manual" }).then(() => {
      const seen = new URL(location.href);
      seen.searchParams.delete("print");
      location.replace(seen);
    });
  }
  hk.on("click", (event) => { const button = event.target.closest?.("[data-print]"); if (button) paper(button); });
  window.addEventListener("load", () => { const button = hk.$("[data-print][data-now]"); if (button) paper(button); });
  hk.on("change", (event) => { if (event.target.matches("[data-auto]")) event.target.form.requestSubmit(); });
})();
