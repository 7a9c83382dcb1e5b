/* Drawn signatures: strokes on a pad become the path of the hidden field beside it. */
(() => {
  const near = (pad) => pad.closest("[data-sign-in]") || document;
  const field = (pad) => hk.$("[data-sign-path]", near(pad));
  const at = (pad, event) => {
    const box = pad.getBoundingClientRect();
    return `${Math.round((event.clientX - box.left) * 300 / box.width)} ${Math.round((event.clientY - box.top) * 100 / box.height)}`;
  };
  const put = (pad, text) => {
    pad.firstElementChild.setAttribute("d", text);
    field(pad).value = text;
    const way = hk.$("[data-sign-way]", near(pad));
    if (text && way) way.checked = true;
  };
  let open = null;
  hk.on("pointerdown", (event) => {
    const pad = event.target.closest?.("[data-sign]");
    if (!pad) return;
    event.preventDefault();
    open = pad;
    put(pad, `${field(pad).value}M${at(pad, event)}`);
  });
  hk.on("pointermove", (event) => {
    const pad = event.target.closest?.("[data-sign]");
    const text = pad && open === pad ? field(pad).value : "";
    if (text && text.length < 15000) put(pad, `${text}L${at(pad, event)}`);
  });
  hk.on("pointerup", () => { open = null; });
  hk.on("click", (event) => {
    const clear = event.target.closest?.("[data-sign-clear]");
    if (clear) put(hk.$("[data-sign]", near(clear)), "");
  });
})();
