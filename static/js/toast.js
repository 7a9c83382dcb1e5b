/* Toasts: from the page or from an answer's HX-Trigger; ten seconds, longer while focused. */
function showToast({ text, undo }) {
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (undo) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = undo;
    const token = document.createElement("input");
    token.type = "hidden";
    token.name = "csrf_token";
    token.value = hk.csrf();
    const press = document.createElement("button");
    press.className = "tu";
    press.textContent = document.documentElement.lang === "en" ? "Undo" : document.documentElement.lang === "zh-TW" ? "復原" : "撤销";
    form.append(token, press);
    box.append(form);
  }
  hk.$("#toasts").append(box);
  ageToast(box);
}
function ageToast(box) {
  let left = 10;
  const timer = setInterval(() => {
    if (box.matches(":hover, :focus-within")) return;
    if (--left > 0) return;
    clearInterval(timer);
    box.classList.add("gone");
    setTimeout(() => box.remove(), 200);
  }, 1000);
}
hk.on("DOMContentLoaded", () => hk.all("[data-toast]").forEach(ageToast));
hk.on("toast", (event) => showToast(event.detail));
