// Predictions on a page without a kernel: an answer is committed here, kept in this browser, and opens what had been folded.
const short = (value) => (typeof value === "number" ? Number(value.toPrecision(4)).toString() : value);

const kept = (key, value) => {
  try {
    if (value === undefined) return JSON.parse(localStorage.getItem(`prediction-${key}`));
    localStorage.setItem(`prediction-${key}`, JSON.stringify(value));
  } catch { /* a browser that keeps nothing */ }
  return null;
};

function build(asked) {
  const { options, low, high, start, step, unit } = JSON.parse(asked.dataset.asked);
  const form = document.createElement("form");
  const said = Object.assign(document.createElement("p"), { role: "status" });
  const group = form.appendChild(document.createElement("fieldset"));
  group.append(Object.assign(document.createElement("legend"), { textContent: asked.querySelector("strong").textContent }));
  if (options) {
    for (const option of options) {
      const label = group.appendChild(document.createElement("label"));
      label.append(Object.assign(document.createElement("input"), { type: "radio", name: asked.dataset.key, value: option }), ` ${option}`);
    }
  } else {
    const label = group.appendChild(document.createElement("label"));
    const range = Object.assign(document.createElement("input"), { type: "range", min: low, max: high, step, value: start });
    const value = document.createElement("output");
    const tell = () => { value.textContent = `${short(Number(range.value))} ${unit}`; };
    range.addEventListener("input", tell);
    tell();
    label.append(Object.assign(document.createElement("span"), { textContent: unit || "your number" }), range, value);
  }
  const button = Object.assign(document.createElement("button"), { textContent: "Commit" });
  group.append(button);
  const answer = () => {
    if (options) return group.querySelector("input:checked")?.value;
    return Number(group.querySelector("input").value);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (answer() === undefined) said.textContent = "Choose an answer first.";
    else commit(answer());
  });
  function commit(value) {
    kept(asked.dataset.key, value);
    for (const input of group.querySelectorAll("input")) {
      if (options) input.checked = input.value === value;
      else {
        input.value = value;
        input.dispatchEvent(new Event("input"));
      }
    }
    group.disabled = true;
    said.textContent = `Kept: ${short(value)} ${options ? "" : unit}`.trimEnd() + ". Read on; what follows is open now.";
    open(asked.dataset.key, value, unit);
  }
  asked.replaceChildren(form, said);
  const before = kept(asked.dataset.key);
  if (options ? options.includes(before) : typeof before === "number") commit(before);
}

// Unfold what waited for this prediction, and say how far off it was.
function open(key, value, unit) {
  for (const fold of document.querySelectorAll(`details[data-key="${key}"]`)) fold.open = true;
  for (const reveal of document.querySelectorAll(`.reveal[data-key="${key}"]`)) {
    const truth = JSON.parse(reveal.dataset.truth);
    const off = typeof truth === "number" ? `${short(Math.abs(truth - value))} off` : "";
    const told = typeof truth === "number" ? `You said ${short(value)}${unit ? ` ${unit}` : ""}: ${off}.`
      : value === truth ? "You were right." : `You said: ${value}.`;
    let line = reveal.querySelector(".told");
    if (!line) reveal.prepend(line = Object.assign(document.createElement("p"), { className: "told" }));
    line.textContent = told;
  }
}

document.querySelectorAll(".prediction").forEach(build);
