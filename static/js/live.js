// News of what is under way: a heartbeat that live regions listen to, and swaps that
// change only what differs, so that focus, choice and a playing clip stay.
const PERIOD = 5000;
const IDLE = 30 * 60 * 1000;
const KEPT = new Set(["style", "open", "data-here"]);
const body = document.body;

let lastSeen = Date.now();
for (const sign of ["pointermove", "pointerdown", "keydown"]) {
  addEventListener(sign, () => (lastSeen = Date.now()), { passive: true });
}

function beat() {
  if (!document.hidden && Date.now() - lastSeen < IDLE) {
    body.dispatchEvent(new CustomEvent("tick"));
  }
}
setInterval(beat, PERIOD);
document.addEventListener("visibilitychange", () => {
  lastSeen = Date.now();
  beat();
});

// Swaps -----------------------------------------------------------------------------

function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
  } else {
    const status = old.className;
    morphAttributes(old, fresh);
    morphChildren(old, fresh);
    if (old.nodeName === "TR" && status !== old.getAttribute("class")) flash(old);
  }
}

function morphAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function morphChildren(old, fresh) {
  const named = new Map([...old.children].filter((c) => c.id).map((c) => [c.id, c]));
  let at = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const alike = at && !at.id && at.nodeName === node.nodeName ? at : null;
    const same = node.id ? named.get(node.id) : alike;
    if (same && same === at) at = at.nextSibling;
    else old.insertBefore(same ?? node, at);
    if (same) morph(same, node);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function flash(row) {
  row.classList.add("changed");
  row.addEventListener("animationend", () => row.classList.remove("changed"), { once: true });
}

body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const fresh = event.detail.fragment.firstElementChild;
  const old = event.detail.target;
  if (!fresh || fresh.id !== old.id) return;
  event.detail.shouldSwap = false;
  morph(old, fresh);
  htmx.process(old);
  readClock(old);
  body.dispatchEvent(new CustomEvent("swapped"));
});

// Progress between two answers: the server's formula, counted on here --------------------

let skew = 0; // seconds that the server's clock is ahead of ours

function readClock(region) {
  if (region.dataset.now) skew = Number(region.dataset.now) - Date.now() / 1000;
}
document.querySelectorAll("[data-now]").forEach(readClock);

setInterval(() => {
  const now = Date.now() / 1000 + skew;
  for (const bar of document.querySelectorAll("progress[data-since]")) {
    const elapsed = Math.max(0, (now - bar.dataset.since) / bar.dataset.usual);
    const percent = Math.min(90 * elapsed, 90 + 4 * (1 - 1 / Math.max(elapsed, 1)));
    bar.value = percent;
    bar.nextElementSibling.textContent = `${Math.floor(percent)}%`;
  }
}, 1000);

// When the server does not answer -------------------------------------------------------

const offline = document.getElementById("offline");

function lost() {
  if (!offline.hidden) return;
  const at = new Date().toLocaleTimeString(document.documentElement.lang, { hour12: false });
  offline.querySelector("span").textContent = `${body.dataset.offline} ${at}`;
  offline.hidden = false;
}
for (const name of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(name, lost);

body.addEventListener("htmx:afterRequest", (event) => {
  const status = event.detail.xhr?.status ?? 0;
  if (status >= 500) lost();
  else if (status > 0) offline.hidden = true;
});

body.addEventListener("htmx:beforeSwap", (event) => {
  // Signed out meanwhile: the answer is the login page, which is no part of this one.
  if (event.detail.xhr.responseURL.includes("/accounts/login/")) location.reload();
});
