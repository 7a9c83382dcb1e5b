/* The find box: arrows walk the rows, Enter takes the first row of exactly what is typed, never of an older text. */
(() => {
  const box = () => hk.$("[data-find]");
  const list = () => hk.$("#found");
  const rows = () => hk.all("#found a");
  const fresh = () => hk.$("#found [data-q]")?.dataset.q === box().value.trim();
  function clear() { list().replaceChildren(); box().value = ""; }
  async function take() {
    const text = box().value.trim();
    if (!text) return;
    if (!fresh()) {
      const answer = await fetch(`${box().getAttribute("hx-get")}?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
      if (!answer.ok || box().value.trim() !== text) return;
      list().innerHTML = await answer.text();
      htmx.process(list());
    }
    rows()[0]?.click();
  }
  hk.on("keydown", (event) => {
    const form = event.target.closest?.(".find");
    if (!form || hk.composing(event)) return;
    const all = rows();
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all.length) { event.preventDefault(); all[Math.min(at + 1, all.length - 1)].focus(); }
    if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (all[at - 1] || box()).focus(); }
    if (event.key === "Enter" && event.target === box()) { event.preventDefault(); take(); }
    if (event.key === "Escape") { list().replaceChildren(); box().blur(); hk.$("#item")?.focus(); }
  });
  hk.on("submit", (event) => {
    if (!event.target.matches(".find")) return;
    event.preventDefault();
    take();
  });
  /* A late answer to an older text must not stand under a newer one. */
  hk.on("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "found") return;
    const asked = event.detail.requestConfig?.parameters?.q ?? box().value;
    if (asked.trim() !== box().value.trim()) event.detail.shouldSwap = false;
  });
  hk.on("htmx:afterRequest", (event) => { if (event.target.closest?.("#found") && event.detail.successful) clear(); });
  hk.on("click", (event) => { if (list() && !event.target.closest(".find")) list().replaceChildren(); });
})();
