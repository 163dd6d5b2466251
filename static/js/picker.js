// The form of a task: its picture by click, drop or paste, its letters and its price.
const form = () => document.querySelector("form[data-task]");
const preview = () => form()?.querySelector(".preview");

function take(file) {
  const picker = document.getElementById("picker");
  const image = preview();
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.hidden = !file;
  if (file) image.src = URL.createObjectURL(file);
  else image.removeAttribute("src");
  picker.classList.toggle("full", Boolean(file));
  picker.querySelector("[data-clear]").hidden = !file;
  const name = picker.querySelector(".name");
  [name.hidden, name.textContent] = [!file, file?.name ?? ""];
  if (file) form().querySelector("#id_image_url").value = "";
}

function give(files) {
  const file = [...files].find((f) => f.type.startsWith("image/") || /\.(heic|heif|avif)$/i.test(f.name));
  const input = document.getElementById("id_picture");
  if (!input || !(file ?? files[0])) return;
  const bag = new DataTransfer();
  bag.items.add(file ?? files[0]);
  input.files = bag.files;
  take(input.files[0]);
  form().setAttribute("data-dirty", "");
}

function over(event, on) {
  if (!form() || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.getElementById("picker").classList.toggle("over", on);
}

document.addEventListener("dragover", (event) => over(event, true));
document.addEventListener("dragleave", (event) => over(event, false));
document.addEventListener("drop", (event) => {
  over(event, false);
  if (form() && event.dataTransfer.files.length) give(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (form() && event.clipboardData.files.length) {
    event.preventDefault();
    give(event.clipboardData.files);
  }
});

// Letters and price ---------------------------------------------------------------------

function letters() {
  for (const counter of document.querySelectorAll("[data-counter]")) {
    const n = [...document.getElementById(counter.dataset.counter).value.trim()].length;
    const limit = Number(counter.dataset.limit);
    counter.textContent = n ? `${n.toLocaleString()} / ${limit.toLocaleString()}` : "";
    counter.classList.toggle("over", n > limit);
  }
}

function price() {
  const out = form()?.querySelector("[data-price]");
  if (!out) return;
  const prices = JSON.parse(document.getElementById("prices").textContent);
  out.textContent = prices[`${form().elements.model.value} ${form().elements.resolution.value}`] ?? "–";
}

function refresh() {
  if (!form()) return;
  letters();
  price();
}

document.addEventListener("input", refresh);
document.addEventListener("change", (event) => {
  if (event.target.id === "id_picture") take(event.target.files[0]);
  refresh();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-clear]")) return;
  document.getElementById("id_picture").value = "";
  take(null);
});
// A picture that the browser cannot draw (HEIC) is still taken: its name says so.
document.addEventListener("error", (event) => event.target === preview() && (preview().hidden = true), true);

document.body.addEventListener("htmx:afterSettle", refresh);
document.body.addEventListener("go-on", () => {
  const { prompt, name, picture } = form().elements;
  for (const field of [prompt, name, picture]) field.value = "";
  take(null);
  refresh();
  prompt.focus();
});
refresh();
