/* Menus (details.menu) close outside and on Escape; dialogs open by data-open and close by data-close. */
hk.on("click", (event) => {
  hk.all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  const opener = event.target.closest("[data-open]");
  if (opener) hk.$(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-shortcuts]")) hk.$("#keys")?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
});
hk.on("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = hk.$("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  hk.$("summary", menu).focus();
});
hk.on("toggle", (event) => {
  if (event.target.matches?.("details.menu") && event.target.open) {
    hk.all("details.menu[open]").forEach((menu) => { if (menu !== event.target) menu.open = false; });
    event.target.closest(".fbar")?.classList.toggle("open", true);
  } else event.target.closest?.(".fbar")?.classList.remove("open");
}, true);
