/* Counting a drawer: the running total of notes and coins, written into the field of the sum. */
(() => {
  const yuan = (fen) => `${Math.floor(fen / 100).toLocaleString("en-US")}.${String(fen % 100).padStart(2, "0")}`;
  hk.on("input", (event) => {
    const box = event.target.closest?.("[data-faces]");
    if (!box) return;
    let sum = 0, any = false;
    hk.all("[data-face]").forEach((input) => {
      const pieces = /^\d{1,5}$/.test(input.value.trim()) ? Number(input.value) : 0;
      any ||= input.value.trim() !== "";
      input.parentElement.parentElement.querySelector("output").textContent = pieces ? yuan(pieces * Number(input.dataset.face)) : "";
      sum += pieces * Number(input.dataset.face);
    });
    const total = hk.$("[data-counted]");
    if (total) total.value = any ? yuan(sum).replaceAll(",", "") : "";
  });
})();
