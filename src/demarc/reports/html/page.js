"use strict";

// What the page does apart from the matrix: theme, sortable tables, copying, printing. It asks nobody for anything.

const $ = (id) => document.getElementById(id);

// Builds an element; children are nodes or strings, and strings only ever become text.
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

{
  const button = $("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let dark = system.matches;
  const show = () => button.setAttribute("aria-pressed", String(dark));
  button.addEventListener("click", () => {
    dark = !dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    show();
  });
  system.addEventListener("change", (event) => {
    if (document.documentElement.dataset.theme) return;
    dark = event.matches;
    show();
  });
  show();
}

// Headers of plain tables sort their rows; numbers by value, everything else by its text.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = el("button", { type: "button" }, header.textContent);
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      const key = (row) => row.cells[column].textContent.trim();
      const number = header.classList.contains("num");
      const compare = number
        ? (a, b) => Number(key(a).replaceAll(",", "")) - Number(key(b).replaceAll(",", ""))
        : (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
      body.append(...[...body.rows].sort((a, b) => direction * compare(a, b)));
    });
  });
}

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const letter = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(letter.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(letter);
      button.textContent = "Selected: copy it with the keyboard";
    }
  });
}

// In print every fold is open; afterwards each is as it was.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of opened) fold.open = false;
});
