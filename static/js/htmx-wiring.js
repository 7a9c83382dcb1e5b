/* htmx: the token on every request, focus on the alert when one arrives, no double submits. */
hk.on("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = hk.csrf();
});
hk.on("htmx:beforeRequest", (event) => event.detail.elt.setAttribute("aria-busy", "true"));
hk.on("htmx:afterRequest", (event) => event.detail.elt.removeAttribute("aria-busy"));
hk.on("htmx:afterSwap", (event) => {
  const bad = hk.$("#errors, [role=alert]", event.detail.target);
  if (bad) { bad.tabIndex = -1; bad.focus(); }
});
hk.on("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});
hk.on("keydown", (event) => {
  if (event.key === "Enter" && hk.composing(event)) event.stopPropagation();
}, true);
window.addEventListener("pageshow", () => hk.all("form[data-sent]").forEach((f) => delete f.dataset.sent));
hk.on("DOMContentLoaded", () => hk.$("#errors")?.focus());
