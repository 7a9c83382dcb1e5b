/* Single keys act only outside of fields, never during composition, and can be switched off (data-nokeys). */
(() => {
  /* The pairs of `g` and a key come from the sheet, which is drawn from the one table (core/kernel/web/shortcuts.py). */
  const where = (key) => hk.all("#keys [data-goto]").find((line) => line.dataset.last === key)?.dataset.goto;
  let armed = 0;
  hk.on("keydown", (event) => {
    if (hk.composing(event) || event.altKey || event.metaKey) return;
    if (event.ctrlKey && event.key === "s") {
      const form = hk.$("form[data-save]");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.ctrlKey || hk.typing(event.target) || hk.$("dialog[open]") || document.body.hasAttribute("data-nokeys")) return;
    if (armed && Date.now() - armed < 1200) {
      armed = 0;
      const link = hk.$(`[data-go="${where(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    const byKey = hk.all("[data-key]").find((item) => item.dataset.key === event.key.toLowerCase());
    if (event.key === "/") { const box = hk.$("[data-find]"); if (box) { event.preventDefault(); box.focus(); box.select(); } }
    else if (event.key === "?") { event.preventDefault(); hk.$("#keys")?.showModal(); }
    else if (event.key === "g") armed = Date.now();
    else if (byKey) { event.preventDefault(); byKey.click(); }
  });
})();
