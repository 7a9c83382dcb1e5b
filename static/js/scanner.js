/* A scanner types six or more characters within 35 ms of each other and ends in Enter.
   Caught outside of fields, it goes to the element with data-scan (the till's item box), else to the find box. */
(() => {
  let text = "", last = 0;
  hk.on("keydown", (event) => {
    if (hk.typing(event.target) || event.ctrlKey || event.altKey || event.metaKey || hk.composing(event)) return;
    const now = performance.now();
    if (now - last > 35) text = "";
    last = now;
    if (event.key.length === 1) { text += event.key; if (text.length > 2) event.preventDefault(); return; }
    if (event.key !== "Enter" || text.length < 6) return;
    event.preventDefault();
    const box = hk.$("[data-scan]") || hk.$("[data-find]");
    if (!box) return;
    box.value = text;
    text = "";
    box.focus();
    box.dispatchEvent(new CustomEvent("scan", { bubbles: true, detail: box.value }));
    box.form?.requestSubmit();
  });
})();
