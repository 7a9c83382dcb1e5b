/* The chart by keyboard and mouse: digits choose a tooth, letters surfaces and codes, Enter saves, arrows move.
   What was typed lives here; the server draws. Requests go one after another, so typing never waits. */
(() => {
  const CODES = { c: "caries", x: "missing", k: "crown", r: "rct", f: "filling", w: "mobility", e: "wear", i: "implant", z: "sound", q: "residual_root", s: "sealant", y: "impacted" };
  const PLANS = { f: "filling", r: "rct", k: "crown", x: "extraction", i: "implant", s: "sealant" };
  const KINDS = { n: "done", h: "existing", u: "watch" };
  const FACES = "modblv";
  const MIDDLE = new Set(["caries", "mobility"]);
  let digits = "", tooth = "", faces = new Set(), kind = "", planning = false, waiting = null, last = [], undo = "", line = Promise.resolve(), look = 0;
  const root = () => hk.$("#dental");
  const kept = () => Object.fromEntries(["view", "as", "num"].map((k) => [k, root().dataset[`keep${k[0].toUpperCase()}${k.slice(1)}`]]).filter((p) => p[1]));
  const own = (f, letter) => {
    const front = +f[1] <= 3, upper = "1256".includes(f[0]);
    return { o: front ? "I" : "O", l: upper ? "P" : "L" }[letter] || letter.toUpperCase();
  };
  const send = (verb, url, values) => {
    line = line.then(() => htmx.ajax(verb, url, { target: "#dental", swap: "outerHTML", values })).then(read, () => {});
    return line;
  };
  const read = () => {
    const told = hk.$("[data-last]", root());
    if (told) { last = told.dataset.last.split(","); undo = told.dataset.voidUrl; }
    paint();
  };
  const paint = () => {
    hk.all(".tth", root()).forEach((a) => a.classList.toggle("on", a.dataset.fdi === tooth));
    hk.all(".tth .sf", root()).forEach((p) => p.classList.toggle("pick", p.closest(".tth").dataset.fdi === tooth && faces.has(p.dataset.s)));
    hk.all("[data-panel] [name=s]", root()).forEach((box) => { box.checked = faces.has(box.value); });
    hk.all("[data-code]", root()).forEach((b) => b.classList.toggle("on", !!waiting && b.dataset.code === waiting.code));
    if (waiting) hk.all("[data-panel] [name=grade]", root()).forEach((r) => { r.checked = +r.value === waiting.grade; });
    const keys = hk.$("#dental-keys", root());
    if (keys && tooth) keys.textContent = [digits || tooth, [...faces].join(""), planning ? "P" : "", waiting ? `${waiting.grade} ↵` : ""].filter(Boolean).join(" ");
  };
  const show = () => {
    const mine = ++look;
    line = line.then(() => mine === look ? htmx.ajax("GET", root().dataset.url, { target: "#dental", swap: "outerHTML", values: { ...kept(), noted: said().noted, tooth, s: [...faces].join("") } }) : null).then(read, () => {});
  };
  /* The day and the note of the panel's form go with what is typed or pressed. */
  const said = () => ({ noted: hk.$("#noted", root())?.value || "", note: hk.$("#note", root())?.value || "" });
  const flush = (extra) => {
    const events = [];
    if (waiting) events.push(`${tooth}|${waiting.faces}|${waiting.code}|${waiting.kind}|${waiting.grade}|`);
    if (extra) events.push(`${tooth}|${[...faces].join("")}|${extra.code}|${extra.kind}||${extra.cause || ""}`);
    waiting = null; planning = false; kind = "";
    if (!events.length || !root().dataset.write) { paint(); return; }
    look++;
    send("POST", root().dataset.post, { ...kept(), ...said(), e: events, tooth, s: [...faces].join("") });
  };
  const choose = (fdi) => { flush(); tooth = fdi; faces = new Set(); digits = ""; paint(); show(); };
  const code = (what) => {
    const cause = what === "missing" || what === "crown" ? hk.$("[data-panel] [name=cause]", root())?.value : "";
    if (MIDDLE.has(what)) { if (waiting) flush(); waiting = { code: what, kind, grade: what === "caries" ? 2 : 1, faces: [...faces].join("") }; kind = ""; paint(); }
    else flush({ code: what, kind, cause });
  };
  const move = (key) => {
    const all = hk.all(".tth", root()), at = all.find((a) => a.dataset.fdi === tooth) || all[0], box = at.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    const off = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    const near = all.map((a) => { const b = a.getBoundingClientRect(); const dx = b.x + b.width / 2 - x, dy = b.y + b.height / 2 - y; return [dx * off[0] + dy * off[1], Math.abs(dx * off[1]) + Math.abs(dy * off[0]), a]; })
      .filter((n) => n[0] > 8 && n[1] < 24).sort((p, q) => p[0] - q[0])[0];
    if (near) choose(near[2].dataset.fdi);
  };
  const valid = (two) => /^([1-4][1-8]|[5-8][1-5])$/.test(two);
  document.addEventListener("keydown", (event) => {
    if (!root() || hk.composing(event) || event.altKey || event.metaKey || hk.$("dialog[open]") || document.body.hasAttribute("data-nokeys")) return;
    const key = event.key.toLowerCase();
    if (hk.typing(event.target)) return;
    const used = () => { event.preventDefault(); event.stopPropagation(); };
    if (event.ctrlKey) {
      if (key === "z" && last.length && root().dataset.write) { used(); const id = last.pop(); send("POST", undo.replace(/\/0$/, `/${id}`), { ...kept(), tooth }); }
      return;
    }
    if (/^[1-9]$/.test(key)) {
      if (waiting && !digits && +key <= 3) { used(); waiting.grade = +key; paint(); return; }
      used(); digits += key;
      if (digits.length === 2) { const two = digits; digits = ""; if (valid(two)) choose(two); } else paint();
      return;
    }
    digits = "";
    if (event.key.startsWith("Arrow") && tooth) { used(); move(event.key); return; }
    if (!tooth || !root().dataset.write) return;
    if (key === "escape") { used(); waiting = null; planning = false; kind = ""; faces = new Set(); paint(); }
    else if (key === "enter" && (waiting || planning)) { used(); flush(); }
    else if (planning && PLANS[key]) { used(); flush({ code: PLANS[key], kind: "planned" }); }
    else if (key === "p") { used(); planning = true; paint(); }
    else if (FACES.includes(key)) { used(); if (waiting) flush(); const s = own(tooth, key); faces.has(s) ? faces.delete(s) : faces.add(s); paint(); }
    else if (KINDS[key]) { used(); kind = KINDS[key]; paint(); }
    else if (CODES[key]) { used(); code(CODES[key]); }
  }, true);
  document.addEventListener("click", (event) => {
    if (!root() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = event.target.closest(".tth"), button = event.target.closest("[data-panel] [data-code], [data-panel] [data-plan]");
    if (at) {
      event.preventDefault();
      const s = event.target.dataset.s;
      if (at.dataset.fdi !== tooth) choose(at.dataset.fdi);
      if (s) { if (waiting) flush(); faces.has(s) ? faces.delete(s) : faces.add(s); paint(); }
    } else if (button && tooth) {
      event.preventDefault();
      const form = button.closest("form"), grade = hk.$("[name=grade]:checked", form)?.value || "", how = hk.$("[name=kind]:checked", form)?.value || "";
      const events = button.dataset.plan ? [`${tooth}|${[...faces].join("")}|${button.dataset.plan}|planned||`]
        : [`${tooth}|${[...faces].join("")}|${button.dataset.code}|${how}|${MIDDLE.has(button.dataset.code) ? grade : ""}|${["missing", "crown"].includes(button.dataset.code) ? hk.$("[name=cause]", form).value : ""}`];
      waiting = null; planning = false; look++;
      send("POST", root().dataset.post, { ...kept(), ...said(), e: events, tooth, s: [...faces].join("") });
    } else if (event.target.closest("[data-void] button")) {
      event.preventDefault();
      send("POST", event.target.closest("form").action, { ...kept(), tooth });
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-panel] [name=s]")) { event.target.checked ? faces.add(event.target.value) : faces.delete(event.target.value); paint(); }
    else if (waiting && event.target.matches("[data-panel] [name=grade]")) { waiting.grade = +event.target.value; paint(); }
  });
  if (root()) { tooth = root().dataset.tooth; faces = new Set(root().dataset.s); }
})();

/* Periodontal examination by keyboard: digits are depths and go on along the path, letters mark the site entered last.
   A tooth is saved as it is left; what could not be saved is marked and sent again with the next one. */
(() => {
  const box = hk.$("#perio[data-write]"), grid = hk.$("#pgrid");
  if (!box || !grid) return;
  const FLAGS = { b: 1, " ": 1, s: 2, p: 4, c: 8 }, SIGNS = [[1, "●"], [2, "◆"], [4, "▪"], [8, "▴"]], DEGREES = ["", "Ⅰ°", "Ⅱ°", "Ⅲ°"];
  const all = hk.all(".px[data-site]", grid).filter((s) => +s.dataset.n >= 0).sort((a, b) => a.dataset.n - b.dataset.n);
  const cell = (s) => s.closest(".pt"), fdi = (s) => cell(s).dataset.fdi;
  const head = (tooth) => hk.$(`.pt[data-fdi="${tooth}"][data-side=B]`, grid);
  const live = () => all.filter((s) => !cell(s).classList.contains("skip"));
  const side = (tooth, name) => hk.all(`.pt[data-fdi="${tooth}"][data-side=${name}] .px`, grid);
  let at = live().find((s) => !s.dataset.pd) || live()[0], mark = null, pre = "", triple = false, line = Promise.resolve();
  const dirty = new Set(), sending = new Map();

  const draw = (s) => {
    const { pd, gm, flags } = s.dataset, lost = pd !== "" && (+gm < 0 || +pd >= 4) ? Math.max(pd - gm, 0) : 0;
    hk.$("b", s).textContent = pd;
    hk.$(".pgm", s).textContent = +gm ? gm : "";
    hk.$(".pc", s).textContent = lost || "";
    hk.$(".pf", s).textContent = SIGNS.filter(([bit]) => flags & bit).map((p) => p[1]).join("");
    s.classList.toggle("d4", pd === "4");
    s.classList.toggle("d5", +pd >= 5);
    const c = cell(s);
    c.setAttribute("aria-label", `${c.dataset.said} ${hk.all(".px", c).map((one) => one.dataset.pd).join(" ")}`);
  };
  const where = () => {
    hk.all(".at, .last", grid).forEach((s) => s.classList.remove("at", "last"));
    if (!at) return;
    at.classList.add("at");
    if (mark && mark !== at) mark.classList.add("last");
    const word = { M: box.dataset.m, D: box.dataset.d }[at.dataset.site[0]] && at.dataset.site.length > 1 ? { M: box.dataset.m, D: box.dataset.d }[at.dataset.site[0]] : box.dataset.b;
    hk.$("#perio-where").textContent = [`${cell(at).dataset.said} ${word}`, at.dataset.pd && `${at.dataset.pd} ${box.dataset.mm}`, triple && box.dataset.triple, pre && pre.toUpperCase()].filter(Boolean).join(" · ");
    if (matchMedia("(max-width:760px)").matches) at.scrollIntoView({ block: "nearest" });
  };
  const written = (tooth, name) => {
    const words = side(tooth, name).map(({ dataset: d }) => d.pd === "" ? "-" : d.pd + "bspc".split("").filter((k) => d.flags & FLAGS[k]).join("") + (+d.gm ? `/${d.gm}` : ""));
    return words.some((w) => w !== "-") ? words.join(" ") : "";
  };
  const save = (tooth) => {
    dirty.delete(tooth);
    sending.set(tooth, (sending.get(tooth) || 0) + 1);
    box.dataset.saving = "1";
    const { mobility, furcation } = head(tooth).dataset, skipped = head(tooth).classList.contains("skip") ? "1" : "";
    const values = { fdi: tooth, B: written(tooth, "B"), L: written(tooth, "L"), mobility, furcation, skipped };
    line = line.then(() => htmx.ajax("POST", box.dataset.post, { target: "#perio-sum", swap: "outerHTML", values })).catch(() => {}).then(() => {
      const sum = hk.$("#perio-sum"), done = sum.dataset.saved === tooth;
      sum.dataset.saved = "";
      sending.set(tooth, sending.get(tooth) - 1);
      if (!sending.get(tooth)) sending.delete(tooth);
      if (!sending.size) delete box.dataset.saving;
      head(tooth).classList.toggle("bad", !done);
      if (!done) { dirty.add(tooth); hk.$("#perio-where").textContent = `${tooth} · ${box.dataset.unsaved}`; }
    });
  };
  const go = (next) => {
    const gone = at && (!next || fdi(next) !== fdi(at));
    if (gone) [...dirty].forEach(save);
    at = next || at;
    where();
  };
  const step = (from, by) => { const now = live(); return now[now.indexOf(from) + by]; };
  const put = (pd) => {
    const ours = triple ? hk.all(".px", cell(at)) : [at];
    ours.forEach((s) => { s.dataset.pd = pd; draw(s); });
    dirty.add(fdi(at));
    mark = at;
    const last = triple ? live().filter((s) => cell(s) === cell(at)).pop() : at;
    go(step(last, 1) || null);
  };
  const change = (s, what) => { what(s.dataset); draw(s); dirty.add(fdi(s)); if (fdi(s) !== fdi(at)) save(fdi(s)); where(); };
  const near = (key) => {
    const b = at.getBoundingClientRect(), x = b.x + b.width / 2, y = b.y + b.height / 2, off = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] }[key];
    return live().map((s) => { const r = s.getBoundingClientRect(), dx = r.x + r.width / 2 - x, dy = r.y + r.height / 2 - y; return [dx * off[0] + dy * off[1], Math.abs(dx * off[1]) + Math.abs(dy * off[0]), s]; })
      .filter((n) => n[0] > 4 && n[1] < 20).sort((p, q) => p[0] - q[0])[0]?.[2];
  };
  const graded = (n) => {
    const tooth = fdi(mark && !at.dataset.pd ? mark : at), h = head(tooth);
    h.dataset[pre === "m" ? "mobility" : "furcation"] = Math.min(n, 3);
    hk.$(".px2", h).textContent = [DEGREES[h.dataset.mobility], +h.dataset.furcation ? `F${h.dataset.furcation}` : ""].filter(Boolean).join(" ");
    dirty.add(tooth);
    if (tooth !== fdi(at)) save(tooth);
  };
  const digit = (n) => {
    const was = pre;
    if (was === "m" || was === "f") { graded(n); pre = ""; where(); return; }
    pre = "";
    if (was === "-") { change(at, (d) => { d.gm = -n; }); return; }
    put(String(was === "+" ? Math.min(10 + n, 15) : n));
  };
  const skip = () => {
    const tooth = fdi(at), on = !head(tooth).classList.contains("skip"), next = live().find((s) => +s.dataset.n > +at.dataset.n && fdi(s) !== tooth);
    ["B", "L"].forEach((name) => hk.$(`.pt[data-fdi="${tooth}"][data-side=${name}]`, grid).classList.toggle("skip", on));
    dirty.add(tooth);
    go(next || live()[0] || at);
  };
  const key = (k) => {
    if (!at) return false;
    if (/^\d$/.test(k)) digit(+k);
    else if ("+-mf".includes(k)) { pre = pre === k ? "" : k; where(); }
    else if (k in FLAGS) change(at.dataset.pd === "" && mark ? mark : at, (d) => { d.flags = d.flags ^ FLAGS[k]; });
    else if (k === "t") { triple = !triple; where(); }
    else if (k === "k") skip();
    else if (k === "backspace") { const back = at.dataset.pd !== "" ? at : step(at, -1) || at; mark = null; go(back); change(back, (d) => { d.pd = ""; d.gm = 0; d.flags = 0; }); }
    else if (k === "enter") { mark = null; go(live().find((s) => +s.dataset.n > +at.dataset.n && cell(s) !== cell(at)) || null); }
    else if (k.startsWith("arrow")) { const to = near(k); if (to) { mark = to; go(to); } }
    else if (k === "escape") { pre = ""; triple = false; where(); }
    else return false;
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (hk.composing(event) || event.ctrlKey || event.altKey || event.metaKey || hk.typing(event.target) || hk.$("dialog[open]")) return;
    const other = event.target.closest("a, button, summary, input, label"), k = event.key.toLowerCase();
    if (other && !grid.contains(other) && (k === "enter" || k === " ") && !other.dataset.key) return;
    if (key(k)) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  document.addEventListener("click", (event) => {
    const s = event.target.closest("#pgrid .px[data-site]"), button = event.target.closest("[data-key]");
    if (button && box.contains(button)) { key(button.dataset.key); return; }
    if (!s || +s.dataset.n < 0) { if (event.target.closest("#pgrid .pt.skip")) { const c = event.target.closest(".pt"); at = hk.$(".px", c); skip(); } return; }
    if (cell(s).classList.contains("skip")) { at = s; skip(); return; }
    mark = s;
    go(s);
  });
  window.addEventListener("pagehide", () => new Set([...dirty, ...sending.keys()]).forEach((tooth) => {
    const { mobility, furcation } = head(tooth).dataset;
    fetch(box.dataset.post, { method: "POST", keepalive: true, headers: { "HX-Request": "true", "X-CSRFToken": hk.csrf() }, body: new URLSearchParams({ fdi: tooth, B: written(tooth, "B"), L: written(tooth, "L"), mobility, furcation, skipped: head(tooth).classList.contains("skip") ? "1" : "" }) });
  }));
  where();
})();
