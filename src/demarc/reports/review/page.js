"use strict";
const items = [...document.querySelectorAll(".item")];
const state = document.getElementById("state");
let saved = true;

const choiceOf = (item) => item.querySelector("input[type=radio]:checked")?.value ?? "";
const noteOf = (item) => item.querySelector(".note").value.trim();
const lacksNote = (item) => ["change", "revoke"].includes(choiceOf(item)) && !noteOf(item);

function tell() {
  const decided = items.filter((item) => choiceOf(item));
  const lacking = items.filter(lacksNote).length;
  for (const item of items) {
    item.classList.toggle("done", Boolean(choiceOf(item)));
    item.classList.toggle("lacks", lacksNote(item));
  }
  state.textContent = `${decided.length} of ${items.length} decided` + (lacking ? `, ${lacking} need a note` : "");
}

function show() {
  const risks = new Set([...document.querySelectorAll(".risk:checked")].map((box) => box.value));
  const onlyOpen = document.getElementById("open").checked;
  const wanted = document.getElementById("find").value.toLowerCase();
  for (const group of document.querySelectorAll(".group")) {
    let any = false;
    for (const item of group.querySelectorAll(".item")) {
      const fits = !wanted || item.textContent.toLowerCase().includes(wanted);
      item.hidden = !risks.has(group.dataset.risk) || (onlyOpen && choiceOf(item) !== "") || !fits;
      any ||= !item.hidden;
    }
    group.hidden = !any;
  }
}

const cell = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? "'" + text : text).replaceAll('"', '""')}"`;

function save() {
  const lacking = items.find(lacksNote);
  if (lacking) {
    lacking.scrollIntoView({ block: "center" });
    lacking.querySelector(".note").focus();
    return;
  }
  const rows = items.map((item) =>
    [item.dataset.number, choiceOf(item), cell(noteOf(item)), cell(item.dataset.what)].join(","),
  );
  const text = "\ufeff" + ["number,decision,note,what", ...rows].join("\r\n") + "\r\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = [document.body.dataset.campaign, document.body.dataset.by].filter(Boolean).join("-") + ".csv";
  link.click();
  saved = true;
}

function keepRest(button) {
  const left = [...button.closest(".group").querySelectorAll(".item")].filter((item) => !choiceOf(item));
  if (!left.length || !confirm(`Keep ${left.length} items of this group without looking at each?`)) return;
  for (const item of left) item.querySelector("input[value=keep]").checked = true;
  saved = false;
  tell();
}

document.addEventListener("change", (event) => {
  if (event.target.closest(".item")) saved = false;
  tell();
  show();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "find") show();
  if (event.target.classList.contains("note")) saved = false;
  tell();
});
document.getElementById("save").addEventListener("click", save);
for (const button of document.querySelectorAll(".rest")) button.addEventListener("click", () => keepRest(button));
window.addEventListener("beforeunload", (event) => {
  if (!saved) event.preventDefault();
});
tell();
