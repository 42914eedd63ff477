(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("ready");
  const table = byId("explorer");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const filters = ["audit", "subject", "measure", "contrast"];
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const statusOf = { "": () => true, ok: (r) => r.dataset.status === "ok", none: (r) => r.dataset.status === "none", flag: (r) => "flag" in r.dataset };
  const matches = (row) =>
    filters.every((name) => !byId("f-" + name).value || row.dataset[name] === byId("f-" + name).value) &&
    statusOf[byId("f-status").value](row) &&
    text.get(row).includes(byId("f-text").value.trim().toLowerCase());

  function filter() {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !matches(row);
      shown += row.hidden ? 0 : 1;
    }
    byId("count").textContent = `${shown} of ${rows.length} findings`;
  }

  const numeric = new Set(["value", "p"]);
  function compare(key, sign) {
    return (a, b) => {
      const [x, y] = [a.dataset[key], b.dataset[key]];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      return sign * (numeric.has(key) ? x - y : x.localeCompare(y));
    };
  }
  function sort(head) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...[...rows].sort(compare(head.dataset.key, down ? -1 : 1)));
  }
  for (const head of table.tHead.querySelectorAll("[data-key]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }

  function download() {
    const lines = [...body.rows].filter((row) => !row.hidden).map((row) => row.dataset.csv);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + [table.dataset.head, ...lines].join("\r\n")], { type: "text/csv" }));
    link.download = "findings.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }
  function clear() {
    for (const name of [...filters, "status", "text"]) byId("f-" + name).value = "";
    filter();
  }

  for (const name of [...filters, "status"]) byId("f-" + name).addEventListener("change", filter);
  byId("f-text").addEventListener("input", filter);
  byId("csv").addEventListener("click", download);
  byId("clear").addEventListener("click", clear);
  filter();
})();
