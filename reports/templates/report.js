(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const table = byId("explorer");
  if (!table || !window.DecompressionStream) return;
  const body = table.tBodies[0];
  const filters = ["audit", "subject", "measure", "contrast"];
  const field = { contrast: "code" };
  const step = 1000, first = 25;
  let rows, samples, order, most = step;

  function make(tag, text, attributes) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
    return node;
  }
  const small = (text) => make("small", text);
  const cell = (text) => make("td", text);

  // ---------- rows ----------
  function plot([low, high, estimate, zero]) {
    const draw = (tag, attributes) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      return node;
    };
    const x = (value) => (value * 120).toFixed(1);
    const svg = draw("svg", { class: "plot t-plain", viewBox: "0 0 120 18", "aria-hidden": "true" });
    svg.append(draw("path", { class: "z", d: `M${x(zero)} 0v18` }), draw("path", { d: `M${x(low)} 9H${x(high)}` }), draw("circle", { cx: x(estimate), cy: 9, r: 3.4 }));
    return svg;
  }
  function flagged(flags) {
    const details = make("details");
    details.append(make("summary", `† ${flags.length} flag${flags.length > 1 ? "s" : ""}`), ...flags.map((flag) => make("p", flag)));
    return details;
  }
  function build(row) {
    const node = make("tr", undefined, { id: row.ref });
    const [head, contrast, subject] = [make("th", row.measure, { scope: "row" }), make("td", row.contrast), make("td", row.subject)];
    head.append(small(`${row.audit}, ${row.axis}`), small(row.ref));
    contrast.append(small(row.code));
    if (row.flags.length) subject.append(flagged(row.flags));
    node.append(head, contrast, subject);
    if (row.status === "ok") {
      const [estimate, p] = [cell(`${row.estimate} ${row.interval}`), cell(row.p_adjusted)];
      estimate.append(small(row.unit));
      if (row.odds) estimate.append(small(`OR ${row.odds}`));
      p.append(small(row.p));
      node.append(make("td"), estimate, p);
    } else {
      const none = make("td", row.estimate, { class: "mute", colspan: 3 });
      none.append(small(row.status));
      node.append(none);
    }
    const [n, worst] = [cell(row.n), cell(row.bounds)];
    n.append(small(`${row.n_items} items`));
    if (row.df) n.append(small(`df ${row.df}`));
    if (row.n_missing !== "0") worst.append(small(`${row.n_missing} missing`));
    node.append(n, worst);
    return node;
  }
  function nodeOf(row) {
    row.node ??= build(row);
    if (row.plot && !row.node.cells[3].childElementCount) row.node.cells[3].append(plot(row.plot));
    if (!row.button && asked(row)) {
      row.button = make("button", "samples", { type: "button", class: "drill", "aria-expanded": "false", "aria-label": `samples behind ${row.ref}` });
      row.button.addEventListener("click", () => toggle(row));
      row.node.cells[0].append(row.button);
    }
    return row.node;
  }

  // ---------- filter and sort ----------
  const statusOf = { "": () => true, ok: (r) => r.status === "ok", none: (r) => r.status !== "ok", flag: (r) => r.flags.length > 0 };
  function show() {
    const chosen = filters.map((name) => [field[name] ?? name, byId("f-" + name).value]).filter(([, value]) => value);
    const [status, words] = [statusOf[byId("f-status").value], byId("f-text").value.trim().toLowerCase()];
    const matching = order.filter((row) => chosen.every(([name, value]) => row[name] === value) && status(row) && row.text.includes(words));
    const all = document.createDocumentFragment();
    for (const row of matching.slice(0, most)) {
      all.append(nodeOf(row));
      if (row.panel) all.append(row.panel);
    }
    body.replaceChildren(all);
    const cut = matching.length > most ? `, the first ${most} shown` : "";
    byId("count").textContent = `${matching.length} of ${rows.length} findings${cut}`;
    byId("more").hidden = !cut;
    return matching;
  }
  const columns = table.dataset.head.split(",");
  const sorted = [["value", columns.indexOf("estimate")], ["p_value", columns.indexOf("p_value")]]; // full precision stands in the CSV alone
  const numeric = new Set(sorted.map(([key]) => key));
  function sort(head) {
    const [key, down] = [field[head.dataset.key] ?? head.dataset.key, head.getAttribute("aria-sort") === "ascending"];
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    order = [...rows].sort((a, b) => {
      const [x, y] = [a[key], b[key]];
      if (x === null || y === null) return (x === null) - (y === null);
      return (down ? -1 : 1) * (numeric.has(key) ? x - y : x.localeCompare(y));
    });
    show();
  }
  function clear() {
    for (const name of [...filters, "status", "text"]) byId("f-" + name).value = "";
    show();
  }
  function go() {
    const place = rows.findIndex((row) => "#" + row.ref === location.hash);
    if (place < 0) return;
    const row = rows[place];
    let at = show().indexOf(row);
    if (at < 0) {
      clear();
      at = order.indexOf(row);
    }
    most = Math.max(most, at + 1);
    show();
    row.node.tabIndex = -1;
    row.node.focus({ preventScroll: true });
    row.node.scrollIntoView({ block: "center" });
  }
  function download() {
    const lines = show().map((row) => row.csv);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + [table.dataset.head, ...lines].join("\r\n")], { type: "text/csv" }));
    link.download = "findings.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ---------- the samples behind a finding ----------
  const asked = (row) => row.cells.length && samples?.audits[row.audit]?.subjects[row.subject]?.scores[row.name];
  const textAt = (coded, place, shown = true) => (shown && coded.shown.length ? coded.shown : coded.texts)[coded.at[place]];
  function toggle(row) {
    const open = !row.panel;
    row.button.setAttribute("aria-expanded", open);
    row.panel?.remove();
    row.panel = open ? panel(row) : undefined;
    if (open) row.node.after(row.panel);
  }
  function panel(row) {
    const audit = samples.audits[row.audit];
    const of = audit.subjects[row.subject];
    const scores = of.scores[row.name];
    const worst = row.better === "higher" ? 1 : -1;
    const sought = (a, b) => (scores.at[a] >= scores.scored) - (scores.at[b] >= scores.scored) || worst * (scores.at[a] - scores.at[b]) || a - b;
    const all = make("td", undefined, { colspan: 8 });
    const how = row.better === "neither" ? "highest first" : "worst first";
    const logs = new Set(audit.cell.map((_, place) => textAt(of.logs, place)));
    of.single = logs.size === 1;
    const where = samples.url ? "" : ` No viewer's address was given: find them by id with inspect view${of.single ? ` in ${[...logs][0]}` : ""}.`;
    all.append(make("p", `${row.measure}, ${row.subject}: the samples behind ${row.ref}, ${how}.${where}`));
    for (const [number, signed] of row.cells.entries()) {
      const own = audit.cell.flatMap((at, place) => (at === Math.abs(signed) - 1 && scores.at[place] >= 0 ? [place] : [])).sort(sought);
      all.append(listed(audit, of, scores, own, signed, number === 0));
    }
    const out = make("tr", undefined, { class: "panel" });
    out.append(all);
    return out;
  }
  function listed(audit, of, scores, own, signed, open) {
    const known = own.filter((place) => scores.at[place] < scores.scored).length;
    const details = make("details");
    details.append(make("summary", `${signed > 0 ? "+" : "−"} ${audit.cells[Math.abs(signed) - 1]}: ${own.length} samples, ${known} scored`));
    const list = make("ol", undefined, { class: "samples" });
    const fill = (from, to) => list.append(...own.slice(from, to).map((place) => entry(audit, of, scores, place)));
    details.addEventListener("toggle", () => {
      if (list.childElementCount) return;
      fill(0, first);
      details.append(list);
      if (own.length <= first) return;
      const all = make("button", `Show all ${own.length}`, { type: "button" });
      all.addEventListener("click", () => (fill(first), all.remove()));
      details.append(all);
    });
    details.open = open;
    return details;
  }
  function entry(audit, of, scores, place) {
    const [epoch, log] = [audit.epochs[place] ?? 1, textAt(of.logs, place, false)];
    const id = (shown) => audit.pieces.map((piece) => textAt(piece, place, shown)).join("__");
    const item = make("li");
    item.append(make("b", scores.texts[scores.at[place]]), " ");
    if (samples.url && log) {
      const path = [log, "samples", "sample", id(false), epoch].map(encodeURIComponent).join("/");
      item.append(make("a", id(true), { href: `${samples.url}#/logs/${path}`, target: "_blank", rel: "noopener noreferrer" }));
    } else item.append(make("span", id(true)), ...(of.single ? [] : [small(log ? textAt(of.logs, place) : "not asked")]));
    if (audit.epochs.length) item.append(` epoch ${epoch}`);
    if (of.shown[place]) item.append(" ", make("a", "transcript below", { href: `#transcript-${of.shown[place]}` }));
    return item;
  }

  // ---------- start ----------
  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  }
  function start(data) {
    ({ rows, samples } = data);
    order = rows;
    const placed = [...body.rows];
    for (const row of rows) {
      row.node = row.minor ? undefined : placed.shift();
      const told = row.csv.match(/"(?:[^"]|"")*"|[^,]+|(?<=,)(?=,|$)/g);
      for (const [key, at] of sorted) row[key] = told[at] ? Number(told[at]) : null;
      row.text = [row.measure, row.audit, row.axis, row.contrast, row.code, row.subject, row.estimate, row.interval, row.unit, row.status, row.ref, row.bounds, ...row.flags].join(" ").toLowerCase();
    }
    for (const head of table.tHead.querySelectorAll("[data-key]")) {
      const button = make("button", head.textContent, { type: "button" });
      button.addEventListener("click", () => sort(head));
      head.dataset.title = head.textContent; // a head that is repeated on paper loses its button
      head.replaceChildren(button);
    }
    for (const name of [...filters, "status"]) byId("f-" + name).addEventListener("change", show);
    byId("f-text").addEventListener("input", show);
    byId("csv").addEventListener("click", download);
    byId("clear").addEventListener("click", clear);
    byId("more").addEventListener("click", () => ((most += step), show()));
    window.addEventListener("hashchange", go);
    document.addEventListener("click", (event) => event.target.closest?.("a[href^='#F-']") && setTimeout(go));
    show();
    document.documentElement.classList.add("ready");
    go();
  }
  unpack(byId("data").textContent).then(start);
})();
