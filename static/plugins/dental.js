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
    line = line.then(() => mine === look ? htmx.ajax("GET", root().dataset.url, { target: "#dental", swap: "outerHTML", values: { ...kept(), tooth, s: [...faces].join("") } }) : null).then(read, () => {});
  };
  const flush = (extra) => {
    const events = [];
    if (waiting) events.push(`${tooth}|${waiting.faces}|${waiting.code}|${waiting.kind}|${waiting.grade}|`);
    if (extra) events.push(`${tooth}|${[...faces].join("")}|${extra.code}|${extra.kind}||${extra.cause || ""}`);
    waiting = null; planning = false; kind = "";
    if (!events.length || !root().dataset.write) { paint(); return; }
    look++;
    send("POST", root().dataset.post, { ...kept(), e: events, tooth, s: [...faces].join("") });
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
      send("POST", root().dataset.post, { ...kept(), e: events, tooth, s: [...faces].join("") });
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
