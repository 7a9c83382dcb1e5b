/* The palette: Ctrl K opens it, arrows walk the rows, Enter takes the first row of exactly what is typed. */
(() => {
  const dialog = () => hk.$("#palette");
  const box = () => hk.$("#palette input[type=search]");
  const rows = () => hk.all("#palette [data-hit]");
  const fresh = () => hk.$("#palette [data-q]")?.dataset.q === box().value.trim();
  let waiting = false;
  function open() {
    if (dialog().open) return;
    dialog().showModal();
    box().value = "";
    htmx.trigger(box(), "palette");
    box().focus();
  }
  hk.on("keydown", (event) => {
    if (!dialog() || hk.composing(event)) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
      return;
    }
    if (!event.target.closest?.("#palette")) return;
    const all = rows();
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all.length) { event.preventDefault(); all[Math.min(at + 1, all.length - 1)].focus(); }
    else if (event.key === "ArrowUp") { event.preventDefault(); (all[at - 1] || box()).focus(); }
    else if (event.key === "Enter" && event.target === box()) {
      event.preventDefault();
      if (fresh()) all[0]?.click(); else waiting = true;
    }
  });
  /* Enter came before the answer: the first row of the right answer is taken when it is there. */
  hk.on("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "palette-rows" || !waiting || !fresh()) return;
    waiting = false;
    rows()[0]?.click();
  });
  hk.on("input", (event) => { if (event.target === box()) waiting = false; });
  hk.on("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "palette-rows") return;
    const asked = event.detail.requestConfig?.parameters?.q ?? box().value;
    if (asked.trim() !== box().value.trim()) event.detail.shouldSwap = false;
  });
  hk.on("click", (event) => {
    if (event.target.closest("[data-palette]") && dialog() && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(); }
    if (event.target === dialog()) dialog().close();
  });
})();
