
// The control matrix. Groups of rows with one answer are filtered, sorted and drawn a page at a time.
{
  const data = JSON.parse($("data").textContent);
  const { words, duties, bases, details, holders, scopes, sources, evidence } = data;
  const STEP = 200;
  const PRINTED = 2000;
  const NAMES = 120;
  const NOBODY = ["unowned", "lapsed", "conflict"];
  const OPEN = [...NOBODY, "overdue", "uncovered", "unknown"];
  const ROLES = [["A", "approver"], ["R", "reviewer"], ["T", "rotator"]];
  const FIELDS = ["q", "status", "party", "layer", "owner", "namespace", "duty"];
  const layerOrder = Object.keys(words.layers);
  const statusOrder = Object.keys(words.statuses);
  const partyOrder = Object.keys(words.parties);
  const confidenceOrder = Object.keys(words.confidences);

  const spaced = (word) => word.replaceAll("_", " ");
  const nameOf = (holder) => (holder ? holders[holder[0]][1] : "");
  const namespaceOf = (unit, name) => {
    if (unit === "namespace") return name;
    if (unit === "component") return data.namespaces[name] ?? "";
    if (unit !== "workload" && unit !== "identity") return "";
    return /^([a-z0-9][-a-z0-9]*)\/[A-Z]\w*\//.exec(name)?.[1] ?? "";
  };
  const namespaces = Object.fromEntries(
    Object.entries(scopes).map(([unit, names]) => [unit, names.map((name) => namespaceOf(unit, name))]),
  );
  const lower = Object.fromEntries(Object.entries(scopes).map(([unit, names]) => [unit, names.map((n) => n.toLowerCase())]));

  const groups = data.groups.map(([duty, part, unit, models, party, likely, firm, basis, status, marks, variants], index) => {
    const first = details[variants[0][0]];
    const owner = first[1].length ? first[1].map(nameOf).join(" or ") : nameOf(first[0]);
    const said = variants.slice(0, 20).flatMap(([at]) => details[at][12]);
    const names = [duties[duty][0], duties[duty][2], part, spaced(part), owner, firm, models.join(" ")];
    const labels = [words.parties[party][0], words.statuses[status][0], words.layers[duties[duty][1]][0]];
    const owners = first[1].length ? first[1].map(nameOf) : owner ? [owner] : [];
    const due = variants.map(([at]) => details[at][8]).filter(Boolean).sort()[0] ?? "";
    const text = [...names, ...labels, ...said].join("\n").toLowerCase();
    const registered = !first[0] || holders[first[0][0]][4];
    return { index, duty, part, unit, models, party, likely, firm, basis, status, marks, variants, owner, owners, due, text, registered };
  });

  // Rows of a group: [variant, place of the scope, place within the variant].
  function* rowsOf(group) {
    for (let at = 0; at < group.variants.length; at++) {
      let nth = 0;
      const runs = group.variants[at][1];
      for (let run = 0; run < runs.length; run += 2) {
        for (let step = 0; step < runs[run + 1]; step++) yield [at, runs[run] + step, nth++];
      }
    }
  }

  const idOf = (group, [at, scope, nth]) => {
    const suffix = group.variants[at][2];
    if (typeof suffix !== "string") return suffix[nth];
    return `${duties[group.duty][0]}/${group.part}@${group.unit}:${scopes[group.unit][scope]}${suffix}`;
  };

  const state = { q: "", status: "", party: "", layer: "", owner: "", namespace: "", duty: "", row: "", fold: true };
  state.sort = "layer";
  state.direction = 1;
  const expanded = new Set();
  let shown = STEP;
  let items = [];

  const statusFits = (status) =>
    !state.status || status === state.status || (state.status === "nobody" && NOBODY.includes(status)) ||
    (state.status === "open" && OPEN.includes(status));

  function groupFits(group) {
    return (
      statusFits(group.status) && (!state.party || group.party === state.party) &&
      (!state.layer || duties[group.duty][1] === state.layer) && (!state.duty || duties[group.duty][0] === state.duty) &&
      (!state.owner || group.owners.includes(state.owner))
    );
  }

  // Items to draw: a group with those of its rows that fit, or each row by itself.
  function find() {
    if (state.row) return findRow(state.row);
    const tokens = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const group of groups) {
      if (!groupFits(group)) continue;
      const rest = tokens.filter((token) => !group.text.includes(token));
      const names = lower[group.unit];
      const spaces = namespaces[group.unit];
      const rows = [];
      for (const row of rowsOf(group)) {
        if (state.namespace && spaces[row[1]] !== state.namespace) continue;
        if (rest.some((token) => !names[row[1]].includes(token))) continue;
        if (state.fold) rows.push(row);
        else found.push({ group, rows: [row], key: `${group.index}:${row[1]}` });
      }
      if (rows.length) found.push({ group, rows, key: String(group.index) });
    }
    return found;
  }

  function findRow(id) {
    for (const group of groups) {
      for (const row of rowsOf(group)) {
        if (idOf(group, row) === id) return [{ group, rows: [row], key: `row:${id}` }];
      }
    }
    return [];
  }

  // Marks of roles, such as "A✓ R✗ T?": what speaks against first when sorted.
  const verdictOrder = ["says-otherwise", "missing", "says-so"];
  const byMark = Object.fromEntries(Object.entries(words.verdicts).map(([key, word]) => [word[1], key]));
  const worst = (marks) => {
    const found = marks.split(" ").map((mark) => verdictOrder.indexOf(byMark[mark.slice(1)])).filter((at) => at >= 0);
    return found.length ? Math.min(...found) : 9;
  };
  const markOf = (mark) => {
    const role = ROLES.find(([letter]) => letter === mark[0])[1];
    const verdict = byMark[mark.slice(1)];
    const says = verdict ? `evidence ${verdict === "missing" ? "is missing" : words.verdicts[verdict][0]}` : "nobody is named";
    return el("span", { class: verdict ? `mark v-${verdict}` : "mark", role: "img", title: `${role}: ${says}`, "aria-label": `${role}: ${says}` }, mark);
  };

  const place = (item) => scopes[item.group.unit][item.rows[0][1]];
  const COLUMNS = [
    ["status", "Status", (i) => statusOrder.indexOf(i.group.status)],
    ["duty", "Duty", (i) => duties[i.group.duty][0]],
    ["part", "Part", (i) => i.group.part.toLowerCase()],
    ["where", "Where", (i) => -i.rows.length],
    ["party", "Party", (i) => partyOrder.indexOf(i.group.party)],
    ["owner", "Owner", (i) => i.group.owner.toLowerCase() || "\uffff"],
    ["review", "Review due", (i) => i.group.due || "\uffff"],
    ...(evidence ? [["evidence", "Evidence", (i) => worst(i.group.marks)]] : []),
  ];
  const KEYS = Object.fromEntries(COLUMNS.map(([name, , key]) => [name, key]));
  KEYS.layer = (i) => layerOrder.indexOf(duties[i.group.duty][1]);
  KEYS.basis = (i) => (i.group.basis < 0 ? 9 : confidenceOrder.indexOf(bases[i.group.basis][1]));

  function sort(found) {
    const keyed = found.map((item, at) => [KEYS[state.sort](item), at, item]);
    keyed.sort(([a, left], [b, right]) => (a < b ? -state.direction : a > b ? state.direction : left - right));
    return keyed.map(([, , item]) => item);
  }

  const SVG = "http://www.w3.org/2000/svg";
  function swatch(party) {
    const svg = document.createElementNS(SVG, "svg");
    const rect = document.createElementNS(SVG, "rect");
    const text = document.createElementNS(SVG, "text");
    const set = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
    set(svg, { class: "swatch", viewBox: "0 0 22 16", "aria-hidden": "true" });
    set(rect, { class: `p-${party}`, x: 0.5, y: 0.5, width: 21, height: 15, rx: 2 });
    set(text, { x: 11, y: 12 });
    text.textContent = words.parties[party][1];
    svg.append(rect, text);
    return svg;
  }

  const plural = (number, noun) =>
    `${number.toLocaleString("en")} ${number === 1 ? noun : noun === "identity" ? "identities" : `${noun}s`}`;

  function cell(name, label, ...children) {
    return el("td", { class: children.some((c) => c) ? `k-${name}` : `k-${name} none`, "data-label": label }, ...children);
  }

  function draw(item) {
    const { group, rows, key } = item;
    const open = expanded.has(key);
    const id = `detail-${key.replace(/[^\w]/g, "-")}`;
    const button = el("button", { type: "button", class: `fold s-${group.status}`, "aria-expanded": String(open) }, words.statuses[group.status][0]);
    const duty = duties[group.duty];
    const where = rows.length === 1
      ? [el("span", { class: "muted" }, `${group.unit} `), place(item)]
      : [el("span", { class: "times" }, plural(rows.length, group.unit)), el("br"), el("span", { class: "muted small" }, `${place(item)}, …`)];
    const likely = group.likely ? `likely ${group.likely.toLowerCase()}` : "";
    const firm = el("span", { class: "muted small" }, ...[likely, group.firm].filter(Boolean).flatMap((text) => [el("br"), text]));
    const owner = group.owner ? [group.owner] : group.status === "provider" ? [] : [el("span", { class: "muted" }, "none")];
    if (!group.registered) owner.push(el("span", { class: "muted small" }, el("br"), "not in the register"));
    const row = el("tr", { class: "row" },
      cell("status", "Status", button),
      cell("duty", "Duty", el("span", { class: "id" }, duty[0]), el("br"), el("span", { class: "muted small" }, duty[2])),
      cell("part", "Part", spaced(group.part)),
      cell("where", "Where", ...where),
      cell("party", "Party", el("span", { class: "chip" }, swatch(group.party), words.parties[group.party][0]), firm),
      cell("owner", "Owner", ...owner),
      cell("review", "Review due", group.due),
      ...(evidence ? [cell("evidence", "Evidence", ...group.marks.split(" ").filter(Boolean).flatMap((mark) => [markOf(mark), " "]))] : []),
    );
    button.addEventListener("click", () => {
      const show = !expanded.has(key);
      expanded[show ? "add" : "delete"](key);
      button.setAttribute("aria-expanded", String(show));
      if (show) row.after(detail(item, id));
      else row.nextElementSibling.remove();
    });
    return open ? [row, detail(item, id)] : [row];
  }

  function pairs(list, lines) {
    for (const [term, ...values] of lines) {
      const filled = values.filter((value) => value !== "" && value !== null && value !== undefined);
      if (filled.length) list.append(el("dt", {}, term), el("dd", {}, ...filled));
    }
  }

  function sourceOf(id) {
    const source = sources[id];
    if (!source) return null;
    const [text, address, date] = source;
    const shownAs = address ? el("a", { href: address, rel: "noreferrer noopener" }, text) : text;
    return el("span", {}, shownAs, ` (${date || "no date on the page"})`);
  }

  function person(holder) {
    if (!holder) return "";
    const [, name, contact, people, registered] = holders[holder[0]];
    const said = [name, registered ? "" : "not in the register", contact, people.join(", ")].filter(Boolean).join("; ");
    return holder[1] ? `${said} (written in ${holder[1]})` : said;
  }

  function detail(item, id) {
    const { group, rows } = item;
    const list = el("dl");
    pairs(list, [["Means", words.statuses[group.status][2]], ["Likely", group.likely]]);
    if (group.basis < 0) {
      pairs(list, [["Why", "No row of the boundary answers it; it is not guessed."]]);
    } else {
      const [kind, confidence, row, cited, note, clause, moved, hangs, replaced, confirmed] = bases[group.basis];
      pairs(list, [
        ["Why", `${words.bases[kind][0]}; confidence ${words.confidences[confidence]}`], ["", note], confirmed ? ["Settled", confirmed] : ["Contract", clause],
        ["Instead of", replaced], ["Moved by", moved], ...cited.map((source) => ["Source", sourceOf(source)]),
        ...hangs.map((fact) => ["Hangs on", `${fact} (not seen)`]), ["Boundary row", row],
      ]);
    }
    pairs(list, [["Models", group.models.map(spaced).join(", ")], ["Stage", duties[group.duty][3]]]);
    pairs(list, [["Relates to", ...duties[group.duty][4].map((text) => el("div", {}, text))]]);
    const td = el("td", { colspan: COLUMNS.length }, list);
    const at = [...new Set(rows.map((row) => row[0]))];
    for (const variant of at.slice(0, 20)) td.append(variantOf(group, variant, rows.filter((row) => row[0] === variant)));
    if (at.length > 20) td.append(el("p", {}, `and ${at.length - 20} more that differ in details; untick “Fold equal rows” to see each.`));
    return el("tr", { class: "detail", id }, td);
  }

  function variantOf(group, variant, rows) {
    const [owner, rivals, approver, reviewer, rotator, every, last, by, next, exceptions, expired, separation, remarks, proofs] =
      details[group.variants[variant][0]];
    const list = el("dl");
    const reviewed = [every ? `every ${plural(every, "day")}` : "", last ? `last ${last}${by ? ` by ${by}` : ""}` : every ? "none on record" : "", next ? `due ${next}` : ""];
    pairs(list, [
      ["Owner", person(owner) || (rivals.length ? "" : "none named")], ...rivals.map((rival) => ["Either", person(rival)]),
      ["Approver", person(approver)], ["Reviewer", person(reviewer)], ["Rotator", person(rotator)],
      ...separation.map(([role, says]) => ["Separation", `${role}: ${says}`]), ["Review", reviewed.filter(Boolean).join("; ")],
      ["Exception", exceptions.join(", ")], ["Expired", expired.join(", ")], ...remarks.map((remark) => ["Remark", remark]),
    ]);
    if (evidence) for (const [at, [letter, role]] of ROLES.entries()) {
      if (proofs[at] >= 0) pairs(list, [[`Evidence: ${role}`, ...proofOf(evidence[proofs[at]], letter)]]);
    }
    const link = `#row=${encodeURIComponent(idOf(group, rows[0]))}`;
    pairs(list, [["Link", el("a", { href: link }, rows.length === 1 ? "to this row" : "to the first of these rows")]]);
    const names = rows.slice(0, NAMES).map((row) => el("li", {}, scopes[group.unit][row[1]]));
    const more = rows.length > NAMES ? el("p", { class: "muted small" }, `and ${plural(rows.length - NAMES, "more")}; untick “Fold equal rows” to see each.`) : null;
    return el("div", {}, el("h4", {}, `${plural(rows.length, group.unit)}`), list, el("ul", { class: "scopes" }, ...names), more ?? "");
  }

  // What evidence says of one role: the verdict in words, and each piece with who says so.
  function proofOf([verdict, name, why, todo, pieces, more], letter) {
    const [label, sign] = words.verdicts[verdict];
    const head = el("div", {}, el("span", { class: `mark v-${verdict}` }, letter + sign), ` ${label}: ${name || "nobody named"}${pieces.length ? "" : `; ${why}`}`);
    const told = ([says, source, grade, on]) =>
      el("li", {}, says, el("span", { class: "muted" }, ` [${[on, words.grades[grade], source].filter(Boolean).join(", ")}]`));
    const rest = more ? [el("li", { class: "muted" }, `and ${plural(more, "more")}`)] : [];
    const list = pieces.length ? el("ul", { class: "plain" }, ...pieces.map(told), ...rest) : null;
    return [head, list, todo ? el("div", { class: "muted" }, `Do: ${todo}`) : null].filter(Boolean);
  }

  const body = $("rows").tBodies[0];
  function render(limit = shown) {
    body.replaceChildren(...items.slice(0, limit).flatMap(draw));
    $("more").hidden = items.length <= limit;
    $("more").textContent = `Show ${Math.min(STEP, items.length - limit)} more of ${(items.length - limit).toLocaleString("en")}`;
  }

  const total = groups.reduce((sum, group) => sum + group.variants.reduce((n, v) => n + v[1].reduce((s, x, i) => s + (i % 2 ? x : 0), 0), 0), 0);
  function refresh() {
    items = sort(find());
    shown = STEP;
    const rows = items.reduce((sum, item) => sum + item.rows.length, 0);
    const of = rows === total ? "" : ` of ${total.toLocaleString("en")}`;
    $("count").textContent = rows ? `${plural(rows, "row")}${of} in ${plural(items.length, "line")}` : `No row fits. The matrix has ${plural(total, "row")}.`;
    if (state.row && items.length) expanded.add(items[0].key);
    for (const header of headers) {
      const sorted = header.dataset.key === state.sort;
      if (sorted) header.setAttribute("aria-sort", state.direction === 1 ? "ascending" : "descending");
      else header.removeAttribute("aria-sort");
    }
    render();
  }

  const headers = COLUMNS.map(([key, label]) => {
    const button = el("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      state.direction = state.sort === key ? -state.direction : 1;
      state.sort = key;
      $("f-sort").value = key;
      refresh();
    });
    return el("th", { scope: "col", class: `k-${key}`, "data-key": key }, button);
  });
  $("rows").tHead.rows[0].append(...headers);

  function choices(id, options) {
    $(id).replaceChildren(...options.map(([value, label]) => el("option", { value }, label)));
  }
  const present = (order, labels, used) => order.filter((key) => used.has(key)).map((key) => [key, labels[key][0]]);
  const sorted = (values) => [...new Set(values)].filter(Boolean).sort((a, b) => a.localeCompare(b, "en")).map((v) => [v, v]);
  const all = [["", "All"]];
  const states = present(statusOrder, words.statuses, new Set(groups.map((g) => g.status)));
  choices("f-status", [...all, ["open", "Anything to close"], ["nobody", "Nobody holds it"], ...states]);
  choices("f-party", [...all, ...present(partyOrder, words.parties, new Set(groups.map((g) => g.party)))]);
  choices("f-layer", [...all, ...present(layerOrder, words.layers, new Set(groups.map((g) => duties[g.duty][1])))]);
  choices("f-owner", [...all, ...sorted(groups.flatMap((g) => g.owners))]);
  choices("f-namespace", [...all, ...sorted(Object.values(namespaces).flat())]);
  choices("f-duty", [...all, ...[...new Set(groups.map((g) => g.duty))].map((at) => [duties[at][0], duties[at][0]])]);
  choices("f-sort", [["layer", "Layer"], ...COLUMNS.map(([key, label]) => [key, label]), ["basis", "Confidence"]]);

  function remember() {
    const parts = FIELDS.filter((name) => state[name]).map((name) => `${name}=${encodeURIComponent(state[name])}`);
    history.replaceState(null, "", parts.length ? `#${parts.join("&")}` : "#matrix");
  }

  for (const name of FIELDS) {
    $(`f-${name}`).addEventListener("input", (event) => {
      state[name] = event.target.value;
      state.row = "";
      remember();
      refresh();
    });
  }
  $("f-sort").addEventListener("input", (event) => {
    state.sort = event.target.value;
    state.direction = 1;
    refresh();
  });
  $("f-fold").addEventListener("input", (event) => {
    state.fold = event.target.checked;
    state.row = "";
    refresh();
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("f-clear").addEventListener("click", () => {
    apply(new Map());
    remember();
  });
  $("more").addEventListener("click", () => {
    const from = shown;
    shown += STEP;
    body.append(...items.slice(from, shown).flatMap(draw));
    $("more").hidden = items.length <= shown;
    $("more").textContent = `Show ${Math.min(STEP, items.length - shown)} more of ${(items.length - shown).toLocaleString("en")}`;
  });

  function apply(conditions) {
    for (const name of [...FIELDS, "row"]) state[name] = conditions.get(name) ?? "";
    for (const name of FIELDS) {
      const control = $(`f-${name}`);
      control.value = state[name];
      if (control.value !== state[name]) control.append(el("option", { value: state[name] }, state[name]));
      control.value = state[name];
    }
    refresh();
  }

  // Fragments: "#row=…", "#duty=…" and any other filter open the matrix; "#section" goes there.
  function follow() {
    const fragment = location.hash.slice(1);
    if (!fragment.includes("=")) return false;
    const conditions = new Map();
    for (const part of fragment.split("&")) {
      const [name, value = ""] = [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)];
      try {
        conditions.set(name, decodeURIComponent(value));
      } catch {
        conditions.set(name, value);
      }
    }
    apply(conditions);
    $("matrix").scrollIntoView();
    const target = conditions.has("row") ? body.querySelector("button.fold") : null;
    (target ?? $("matrix")).focus({ preventScroll: true });
    return true;
  }

  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => render(PRINTED));
  addEventListener("afterprint", () => render());
  if (!follow()) refresh();
}
