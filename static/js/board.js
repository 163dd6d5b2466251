// The board under hand and keyboard: choosing rows, deeds on them, moving among them.
const rows = document.getElementById("rows");
const bulk = document.querySelector(".bulk");
const all = document.querySelector("[data-all]");

const boxes = () => [...rows.querySelectorAll("input[type=checkbox]")];
const chosen = () => boxes().filter((box) => box.checked);

function count() {
  const [n, of] = [chosen().length, boxes().length];
  if (bulk) bulk.querySelector("[data-chosen]").textContent = n;
  if (all) [all.checked, all.indeterminate] = [of > 0 && n === of, n > 0 && n < of];
}

function choose(which, on) {
  for (const box of which) box.checked = on;
  count();
}

function deed(verb) {
  const query = new URLSearchParams(chosen().map((box) => ["task", box.value]));
  const link = document.createElement("a");
  link.href = `${bulk.dataset.base}${verb}/?${query}`;
  link.dataset[verb === "stop" ? "post" : "sheet"] = "";
  document.body.append(link);
  link.click();
  link.remove();
}

let lastBox = null;
function range(event) {
  // Shift-click chooses everything between two rows.
  const list = boxes();
  const [a, b] = [list.indexOf(lastBox), list.indexOf(event.target)].sort((x, y) => x - y);
  if (event.shiftKey && a >= 0) choose(list.slice(a, b + 1), event.target.checked);
  lastBox = event.target;
  count();
}

// Keyboard --------------------------------------------------------------------------------

const here = () => rows.querySelector("[data-here]");

function step(by) {
  const list = [...rows.children];
  const next = list[list.indexOf(here()) + by] ?? (by > 0 ? list.at(here() ? -1 : 0) : list[0]);
  if (!next) return;
  here()?.removeAttribute("data-here");
  next.setAttribute("data-here", "");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector(".what a").focus({ preventScroll: true });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => here()?.querySelector("input")?.click(),
  Enter: (event) => {
    const play = here()?.querySelector("[data-play]");
    if (play && here().contains(document.activeElement)) {
      event.preventDefault();
      play.click();
    }
  },
  "/": (event) => {
    event.preventDefault();
    document.getElementById("q").focus();
  },
  c: (event) => {
    event.preventDefault();
    document.getElementById("add")?.click();
  },
  Escape: () => choose(boxes(), false),
};

function onKey(event) {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest("dialog, input:not([type=checkbox]), textarea, select")) return;
  KEYS[event.key]?.(event);
}

if (rows) {
  rows.addEventListener("click", (event) => event.target.matches("input") && range(event));
  all?.addEventListener("change", () => choose(boxes(), all.checked));
  bulk?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.deed) deed(button.dataset.deed);
    else if (button) choose(boxes(), false);
  });
  document.body.addEventListener("swapped", count);
  document.body.addEventListener("moved", () => choose(boxes(), false));
  addEventListener("keydown", onKey);
  count();
}
