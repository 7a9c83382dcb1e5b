/* Lists: j/k move, x selects, Enter opens, n makes a new one; the bulk bar counts. */
(() => {
  const rows = () => hk.all("[data-list] tbody tr");
  let at = -1;
  function mark(n) {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(n, all.length - 1));
    all.forEach((row, i) => row.classList.toggle("at", i === at));
    all[at].scrollIntoView({ block: "nearest" });
  }
  function count() {
    const boxes = hk.all("[data-list] tbody input[data-pick]");
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").classList.toggle("sel", box.checked));
    const bar = hk.$("[data-bulk]");
    if (!bar) return;
    const whole = hk.$("[data-all]", bar);
    if (whole && chosen.length < boxes.length) whole.checked = false;
    bar.hidden = chosen.length === 0;
    hk.$("[data-count]", bar).textContent = whole?.checked ? whole.dataset.all : chosen.length;
    const all = hk.$("[data-pick-all]");
    if (all) { all.checked = chosen.length > 0 && chosen.length === boxes.length; all.indeterminate = chosen.length > 0 && !all.checked; }
  }
  hk.on("change", (event) => {
    if (event.target.matches("[data-pick-all]")) hk.all("[data-list] tbody input[data-pick]").forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-pick], [data-pick-all]")) count();
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  hk.on("change", (event) => {
    if (!event.target.matches("[data-all]") || !event.target.checked) return;
    hk.all("[data-list] tbody input[data-pick]").forEach((box) => { box.checked = true; });
    count();
  });
  hk.on("click", (event) => {
    if (!event.target.closest("[data-unpick]")) return;
    hk.all("[data-list] input[data-pick]").forEach((box) => { box.checked = false; });
    count();
  });
  hk.on("keydown", (event) => {
    if (!hk.$("[data-list]") || hk.typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "j") mark(at + 1);
    else if (event.key === "k") mark(at - 1);
    else if (event.key === "x") { const box = hk.$("input[data-pick]", rows()[at] || document.createElement("i")); if (box) { box.checked = !box.checked; count(); } }
    else if (event.key === "Enter" && at >= 0 && event.target === document.body) hk.$("a.cell", rows()[at])?.click();
  });
  hk.on("htmx:afterSwap", () => { at = -1; count(); });
  hk.on("DOMContentLoaded", count);
  window.addEventListener("pageshow", count);
})();
