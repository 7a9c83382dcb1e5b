/* A member's signature: strokes on a pad become the path of a hidden field. */
(() => {
  const at = (pad, event) => {
    const box = pad.getBoundingClientRect();
    return `${Math.round((event.clientX - box.left) * 300 / box.width)} ${Math.round((event.clientY - box.top) * 100 / box.height)}`;
  };
  const put = (pad, text) => {
    pad.firstElementChild.setAttribute("d", text);
    hk.$("[data-sign-path]").value = text;
    const way = hk.$("[data-sign-way]");
    if (text && way) way.checked = true;
  };
  let open = false;
  hk.on("pointerdown", (event) => {
    const pad = event.target.closest?.("[data-sign]");
    if (!pad) return;
    event.preventDefault();
    open = true;
    put(pad, `${hk.$("[data-sign-path]").value}M${at(pad, event)}`);
  });
  hk.on("pointermove", (event) => {
    const pad = event.target.closest?.("[data-sign]");
    const text = pad && open ? hk.$("[data-sign-path]").value : "";
    if (text && text.length < 15000) put(pad, `${text}L${at(pad, event)}`);
  });
  hk.on("pointerup", () => { open = false; });
  hk.on("click", (event) => {
    if (event.target.closest?.("[data-sign-clear]")) put(hk.$("[data-sign]"), "");
  });
})();
