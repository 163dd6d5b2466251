// Dialogs over the page, deeds without leaving it, and the words that tell of them.
const body = document.body;
const sheet = document.getElementById("sheet");
const inside = document.getElementById("sheet-body");
const toasts = document.getElementById("toasts");

const PATIENCE = 150; // ms before something is shown in the place of what comes

// Where the cursor goes in a fresh sheet: what is wrong, what asks for it, what is typed.
const FIRST = ["[aria-invalid='true']", "[autofocus]", "textarea", "input[type=text]"];

function show() {
  if (!sheet.open) sheet.showModal();
}

function open(url) {
  // What was typed and left with Escape is still there when the same sheet opens again.
  if (sheet.dataset.url === url && inside.querySelector("form[data-dirty]")) {
    show();
    return;
  }
  sheet.dataset.url = url;
  inside.replaceChildren();
  const slow = setTimeout(wait, PATIENCE);
  htmx.ajax("GET", url, { target: inside, swap: "innerHTML", source: inside }).finally(() => {
    clearTimeout(slow);
    if (!inside.querySelector("form")) sheet.close();
  });
}

function wait() {
  inside.innerHTML = '<div class="sheet"><div class="body"><div class="skeleton"></div></div></div>';
  show();
}

function close() {
  inside.querySelector("form")?.removeAttribute("data-dirty");
  sheet.close();
}

function post(url, values) {
  htmx.ajax("POST", url, { values, swap: "none" });
}

document.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  const link = event.target.closest("[data-sheet], [data-post], [data-close], [data-copy]");
  if (!link) return;
  const { sheet: asks, post: posts, copy } = link.dataset;
  if (copy) navigator.clipboard.writeText(copy).then(() => link.classList.add("copied"));
  else if ("close" in link.dataset) link.closest("dialog")?.close();
  if (asks === undefined && posts === undefined) return;
  event.preventDefault();
  if (asks !== undefined) open(link.href);
  else post(link.href.split("?")[0], { task: new URL(link.href).searchParams.getAll("task") });
});

inside?.addEventListener("htmx:afterSwap", () => {
  show();
  const first = FIRST.map((kind) => inside.querySelector(kind)).find(Boolean);
  first?.focus({ preventScroll: true });
});
inside?.addEventListener("input", (event) => event.target.form?.setAttribute("data-dirty", ""));

let goesOn = false;
inside?.addEventListener("submit", (event) => (goesOn = event.submitter?.name === "more"), true);

body.addEventListener("moved", () => {
  if (!sheet?.open) return;
  if (goesOn) body.dispatchEvent(new CustomEvent("go-on"));
  else close();
});

// Toasts --------------------------------------------------------------------------------

const STAY = 5000;
const MOST = 3;

function leave(item) {
  item.classList.add("going");
  setTimeout(() => item.remove(), 250);
}

function say(text, kind = "") {
  const item = document.createElement("p");
  item.className = kind;
  const icon = kind === "error" ? "circle-alert" : "check";
  item.innerHTML = `<svg class="icon" aria-hidden="true"><use href="#i-${icon}"></use></svg>`;
  item.append(text);
  toasts.append(item);
  while (toasts.childElementCount > MOST) toasts.firstElementChild.remove();
  raise();
  setTimeout(leave, STAY, item);
}

function raise() {
  // Above an open dialog: what was shown last in the top layer lies on top.
  if (toasts.matches(":popover-open")) toasts.hidePopover();
  toasts.showPopover();
}

if (toasts.childElementCount) raise();
for (const item of toasts.children) setTimeout(leave, STAY, item);
body.addEventListener("toast", (event) => say(event.detail.text));
body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status < 500) say(body.dataset.failed, "error");
});
