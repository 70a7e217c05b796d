// Slider figures on a page without a kernel: every position of the sliders is a picture made when the site was built
// (rnnlib/course/static_export.py says how they are stored). Pictures are kept and shown as in a notebook.
import { Frames, show } from "./page.js";

class LiveFigure {
  constructor(figure) {
    this.figure = figure;
    this.image = figure.querySelector("img");
    this.caption = figure.querySelector("figcaption");
    this.controls = JSON.parse(figure.dataset.controls);
    this.place = this.controls.map((control) => control.at);
    this.pictures = new Frames();
    this.build();
    // The first pictures come when the figure is about to be seen, the others when somebody reaches for it.
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.loadStart();
    }, { rootMargin: "800px" }).observe(figure);
    for (const event of ["pointerenter", "focusin", "touchstart"])
      figure.addEventListener(event, () => this.loadRest(), { once: true, passive: true });
  }

  build() {
    const panel = document.createElement("div");
    panel.className = "live-figure-controls";
    this.inputs = this.controls.map((control, i) => {
      const label = panel.appendChild(document.createElement("label"));
      label.appendChild(document.createElement("span")).textContent = control.label;
      const input = label.appendChild(document.createElement(control.slides ? "input" : "select"));
      if (control.slides) {
        Object.assign(input, { type: "range", min: 0, max: control.texts.length - 1, step: 1, value: control.at });
        label.appendChild(document.createElement("output"));
      } else {
        control.texts.forEach((text, k) => input.add(new Option(text, k, false, k === control.at)));
      }
      input.addEventListener("input", () => this.move(i, Number(input.value)));
      return input;
    });
    const names = (joint) => this.controls.filter((control) => control.joint === joint)
      .map((control) => `“${control.label}”`).join(joint ? " and " : ", ");
    const said = (this.controls.some((control) => control.coarse) ? "On this page it moves in coarse steps. " : "") + (names(false)
      ? `${names(true)} move together; ${names(false)} one at a time, while the others go back to where they began. ` : "");
    if (said) panel.appendChild(document.createElement("p")).textContent = `${said}The live lesson moves freely.`;
    this.figure.prepend(panel);
    this.showValues();
  }

  showValues() {
    this.controls.forEach((control, i) => {
      const input = this.inputs[i];
      const text = control.texts[this.place[i]];
      input.value = this.place[i];
      if (!control.slides) return;
      input.setAttribute("aria-valuetext", text);
      input.nextElementSibling.textContent = text;
    });
  }

  move(i, position) {
    const alone = !this.controls[i].joint;
    this.place = this.controls.map((control, j) => {
      if (j === i) return position;
      return alone || !control.joint ? control.at : this.place[j];
    });
    this.showValues();
    this.loadRest();
    return this.show();
  }

  async load(part) {
    const root = document.documentElement.dataset.content_root ?? "./";
    const inside = document.getElementById(`${this.figure.dataset.name}-${part}`); // slides hold their pictures in the page
    const answer = await fetch(inside ? `data:;base64,${inside.textContent}` : `${root}pictures/${this.figure.dataset.name}-${part}.bin`);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.arrayBuffer();
  }

  // Each once, and again after a failure.
  loadStart() {
    this.start ??= this.load("start").then((bytes) => {
      const length = new DataView(bytes).getUint32(0, true);
      this.listed = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
      this.keep(bytes, 4 + length, 0, Number(this.figure.dataset.first));
      this.makeRoom();
    }).catch((error) => this.failed(error, "start"));
    return this.start;
  }

  // For the longest sentence, so that nothing below jumps when the sentence changes.
  makeRoom() {
    const shown = this.caption.textContent;
    this.caption.textContent = this.listed.map((entry) => entry.at(-1)).reduce((a, b) => (a.length < b.length ? b : a));
    this.caption.style.minHeight = `${Math.ceil(this.caption.getBoundingClientRect().height)}px`;
    this.caption.textContent = shown;
  }

  loadRest() {
    this.rest ??= Promise.all([this.load("rest"), this.loadStart()])
      .then(([bytes]) => {
        if (!this.listed) throw new Error("their list is missing");
        this.keep(bytes, 0, Number(this.figure.dataset.first), this.listed.length);
      })
      .catch((error) => this.failed(error, "rest"));
    return this.rest;
  }

  failed(error, part) {
    this[part] = undefined;
    this.caption.textContent = `The pictures of this figure could not be loaded (${error.message}). Move a slider to try again.`;
  }

  keep(bytes, offset, first, last) {
    for (const [...place] of this.listed.slice(first, last)) {
      const sentence = place.pop();
      const size = place.pop();
      this.pictures.put(place, new Uint8Array(bytes, offset, size), "image/webp", sentence);
      offset += size;
    }
    if (this.waiting) this.show();
  }

  async show() {
    const picture = this.pictures.get(this.place);
    this.waiting = !picture;
    this.figure.setAttribute("aria-busy", this.waiting);
    if (this.waiting) return this.rest;
    return show(picture, this.image, this.caption);
  }
}

document.querySelectorAll("figure.live-figure").forEach((figure) => { figure.live = new LiveFigure(figure); });
