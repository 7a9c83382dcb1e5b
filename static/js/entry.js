/* Sign-in and lock: show the password, PIN pad and dots, a clock, the idle lock. */
hk.on("click", (event) => {
  const eye = event.target.closest("[data-eye]");
  if (eye) {
    const input = hk.$(`#${eye.dataset.eye}`);
    input.type = input.type === "password" ? "text" : "password";
    eye.setAttribute("aria-pressed", input.type === "text" ? "true" : "false");
  }
  const key = event.target.closest("[data-pad]");
  if (key) {
    const input = hk.$("#pin");
    const word = key.dataset.pad;
    input.value = word === "clear" ? "" : word === "back" ? input.value.slice(0, -1) : (input.value + word).slice(0, 6);
    drawPin(input);
  }
});
function drawPin(input) {
  hk.all(".pin i").forEach((dot, n) => dot.classList.toggle("f", n < input.value.length));
  if (input.value.length === 6) input.form.requestSubmit();
}
hk.on("input", (event) => { if (event.target.id === "pin") { event.target.value = event.target.value.replace(/\D/g, "").slice(0, 6); drawPin(event.target); } });
hk.on("change", (event) => {
  if (event.target.name !== "staff" || !hk.$("#pin")) return;
  const name = hk.$("#pin-name");
  if (name) name.textContent = event.target.dataset.name;
  const face = hk.$("#pin-face");
  if (face) face.textContent = event.target.dataset.name.slice(0, 1);
  hk.$("#pin").focus();
});
hk.on("DOMContentLoaded", () => {
  const clock = hk.$("[data-clock]");
  if (clock) setInterval(() => {
    clock.textContent = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.clock }).format(new Date());
  }, 5000);
  /* The screen locks itself; the server decides by its own clock at the next request anyway. */
  const seconds = Number(document.body.dataset.idle || 0);
  if (!seconds || !document.body.dataset.lock) return;
  let last = Date.now(), told = Date.now();
  const alive = () => {
    last = Date.now();
    /* Typing for minutes without a request must not lock the form away. */
    if (last - told > 60000 && document.body.dataset.alive) { told = last; fetch(document.body.dataset.alive); }
  };
  ["pointerdown", "keydown", "wheel", "touchstart"].forEach((type) => hk.on(type, alive, { passive: true }));
  setInterval(() => {
    if (Date.now() - last > (seconds + 2) * 1000) location.assign(`${document.body.dataset.lock}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }, 5000);
});
