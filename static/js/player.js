// The player: one dialog for every clip on the page, with the keys of a light table.
const player = document.getElementById("player");
const video = player?.querySelector("video");

let at = 0;
const links = () => [...document.querySelectorAll("[data-play]")];

function show(index) {
  const list = links();
  at = (index + list.length) % list.length;
  const link = list[at];
  const row = link.closest("tr");
  video.poster = link.querySelector("img")?.src ?? "";
  video.src = link.href;
  player.querySelector("footer b").textContent = row?.querySelector(".what a")?.textContent ?? "";
  player.querySelector("footer p").textContent = row?.querySelector(".what p")?.textContent ?? "";
  player.querySelector("a[download]").href = `${link.href}?download`;
  for (const button of player.querySelectorAll("[data-step]")) button.hidden = list.length < 2;
  if (!player.open) player.showModal();
  video.play().catch(() => {}); // a browser may want a click first: the controls are there
}

const KEYS = {
  ArrowLeft: () => show(at - 1),
  ArrowRight: () => show(at + 1),
  " ": () => (video.paused ? video.play() : video.pause()),
};

if (player) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-play]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    show(links().indexOf(link));
  });
  // Before the video's own keys, which would seek.
  player.addEventListener(
    "keydown",
    (event) => {
      if (!KEYS[event.key] || (event.key === " " && event.target.closest("button, a"))) return;
      event.preventDefault();
      event.stopPropagation();
      KEYS[event.key]();
    },
    true,
  );
  player.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (step) show(at + Number(step));
    else if (event.target === player) player.close();
  });
  player.addEventListener("close", () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
  });
}
