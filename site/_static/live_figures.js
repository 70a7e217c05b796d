// Slider figures on a page without a kernel: every position of the sliders is a picture made when the site was built
// (rnnlib/course/static_export.py says how they are stored). Pictures are kept and shown as in a notebook.
import { Frames, Player, swap } from "./page.js";

const NARROW = 560; // pixels of room below which a figure that has narrow pictures shows those

class LiveFigure {
  constructor(figure, number) {
    this.figure = figure;
    this.number = number;
    this.image = figure.querySelector("img");
    this.caption = figure.querySelector("figcaption [role=status]");
    this.controls = JSON.parse(figure.dataset.controls);
    this.groups = JSON.parse(figure.dataset.groups);
    this.place = this.controls.map((control) => control.at);
    this.recent = []; // numbers of the controls, the one moved last at the end
    const size = ["width", "height"].map((side) => Number(this.image.getAttribute(side))); // not as it happens to be shown
    const wide = [figure.dataset.name, Number(figure.dataset.first), ...size];
    this.widths = { wide, narrow: JSON.parse(figure.dataset.narrow ?? "null") ?? wide };
    this.build();
    // a picture wider than its room is moved sideways, by keys too
    this.frame = document.createElement("div");
    this.frame.className = "live-figure-frame";
    const whole = this.image.closest("picture") ?? this.image;
    whole.replaceWith(this.frame);
    this.frame.append(whole);
    this.choose();
    new ResizeObserver(() => {
      this.choose();
      this.frame.toggleAttribute("tabindex", this.frame.scrollWidth > this.frame.clientWidth + 1);
      if (this.frame.hasAttribute("tabindex")) {
        Object.assign(this.frame, { tabIndex: 0, role: "group", ariaLabel: "the picture, which moves sideways" });
      }
    }).observe(this.frame);
    // The first pictures come when the figure is about to be seen, the others when somebody reaches for it.
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.loadStart();
    }, { rootMargin: "800px" }).observe(figure);
    for (const event of ["pointerenter", "focusin", "touchstart"])
      figure.addEventListener(event, () => this.loadRest(), { once: true, passive: true });
    this.fromAddress();
  }

  // --- controls

  build() {
    const panel = document.createElement("div");
    panel.className = "live-figure-controls";
    if (this.figure.dataset.play) {
      this.playing = this.player();
      panel.append(this.playing.el);
    }
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
      input.addEventListener("input", () => {
        this.playing?.pause();
        this.move(i, Number(input.value));
      });
      return input;
    });
    const all = this.controls.map((_, i) => i);
    const apart = all.some((i) => all.some((j) => i !== j && !this.together([i, j])));
    const said = (this.controls.some((control) => control.coarse) ? "On this page it moves in coarse steps. " : "")
      + (apart ? "Where two settings have no picture together, one of them goes back to where it began. " : "");
    if (said) panel.appendChild(document.createElement("p")).textContent = `${said}The live lesson moves freely.`;
    this.figure.prepend(panel);
    this.showValues();
  }

  // For a figure along one of whose controls time runs.
  player() {
    const [i, pace] = JSON.parse(this.figure.dataset.play);
    return new Player({
      count: () => this.controls[i].texts.length,
      at: () => this.place[i],
      ready: () => !this.waiting,
      go: (position) => this.move(i, position),
    }, pace, this.controls[i].label, this.caption);
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

  // Whether these controls have a picture in every position they can take together.
  together(moved) {
    return moved.length < 2 || this.groups.some((group) => moved.every((i) => group.includes(i)));
  }

  // Moves one control. Others keep their place as far as there are pictures; the ones moved longest ago go back first.
  move(i, position) {
    this.recent = [...this.recent.filter((j) => j !== i), i];
    this.place[i] = position;
    const away = () => this.controls.map((_, j) => j).filter((j) => j === i || this.place[j] !== this.controls[j].at);
    for (const j of this.recent) if (j !== i && !this.together(away())) this.place[j] = this.controls[j].at;
    this.showValues();
    this.toAddress();
    this.loadRest();
    return this.show();
  }

  // --- the address of the page, which holds where the sliders stand: ?f2=0.955~100 for the second figure

  toAddress() {
    clearTimeout(this.noted);
    this.noted = setTimeout(() => {
      const address = new URL(location);
      const home = this.place.every((k, i) => k === this.controls[i].at);
      if (home) address.searchParams.delete(`f${this.number}`);
      else address.searchParams.set(`f${this.number}`, this.controls.map((control, i) => control.texts[this.place[i]]).join("~"));
      history.replaceState(history.state, "", address);
    }, 300);
  }

  fromAddress() {
    const texts = new URLSearchParams(location.search).get(`f${this.number}`)?.split("~");
    if (texts?.length !== this.controls.length) return;
    const place = texts.map((text, i) => this.controls[i].texts.indexOf(text));
    const moved = place.map((_, i) => i).filter((i) => place[i] !== this.controls[i].at);
    if (place.includes(-1) || !this.together(moved)) return;
    this.place = place;
    this.recent = moved;
    this.showValues();
    this.loadRest();
    this.show();
  }

  // --- pictures

  // The narrow pictures or the wide ones; both lie in the same order.
  choose() {
    const width = this.figure.clientWidth;
    const chosen = this.widths[width && width < NARROW ? "narrow" : "wide"];
    if (chosen === this.chosen) return;
    const before = this.chosen;
    this.chosen = chosen;
    [this.name, this.first, this.image.width, this.image.height] = chosen;
    this.image.style.setProperty("--least", `${Math.round(chosen[2] * 0.56)}px`); // its letters are 11 pixels high then
    this.pictures = new Frames();
    this.start = this.rest = this.listed = undefined;
    const there = !before && this.image.currentSrc !== this.image.src; // the page holds its first narrow picture, too
    if (before || (chosen !== this.widths.wide && !there)) {
      this.loadStart();
      this.show();
    }
  }

  async load(part) {
    const root = document.documentElement.dataset.content_root ?? "./";
    const inside = document.getElementById(`${this.name}-${part}`); // slides hold their pictures in the page
    const answer = await fetch(inside ? `data:;base64,${inside.textContent}` : `${root}pictures/${this.name}-${part}.bin`);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.arrayBuffer();
  }

  // Each once, and again after a failure.
  loadStart() {
    const name = this.name;
    this.start ??= this.load("start").then((bytes) => {
      if (name !== this.name) return;
      const length = new DataView(bytes).getUint32(0, true);
      this.listed = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))).map((entry) => {
        const said = entry.pop(); // with the notes of a tune, or alone
        const size = entry.pop();
        const [sentence, notes] = Array.isArray(said) ? said : [said];
        return { place: entry, size, sentence, notes };
      });
      this.keep(bytes, 4 + length, 0, this.first);
      this.makeRoom();
      if (this.listed[0].notes) this.listen ??= this.figure.appendChild(this.listener());
    }).catch((error) => this.failed(error, "start"));
    return this.start;
  }

  // For the longest sentence, so that nothing below jumps when the sentence changes.
  makeRoom() {
    const shown = this.caption.textContent;
    this.caption.textContent = this.listed.map((entry) => entry.sentence).reduce((a, b) => (a.length < b.length ? b : a));
    this.caption.style.minHeight = `${Math.ceil(this.caption.getBoundingClientRect().height)}px`;
    this.caption.textContent = shown;
  }

  loadRest() {
    const name = this.name;
    this.rest ??= Promise.all([this.load("rest"), this.loadStart()])
      .then(([bytes]) => {
        if (name !== this.name) return;
        if (!this.listed) throw new Error("their list is missing");
        this.keep(bytes, 0, this.first, this.listed.length);
      })
      .catch((error) => this.failed(error, "rest"));
    return this.rest;
  }

  failed(error, part) {
    this[part] = undefined;
    this.caption.textContent = `The pictures of this figure could not be loaded (${error.message}). Move a slider to try again.`;
  }

  keep(bytes, offset, first, last) {
    for (const { place, size, sentence } of this.listed.slice(first, last)) {
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
    await Frames.prepare(picture).catch(() => {});
    if (this.pictures.get(this.place) !== picture) return undefined; // a later move has taken its place
    this.figure.querySelector("source")?.remove();
    this.image = swap(this.image, picture);
    this.image.alt = picture.sentence;
    if (this.caption.textContent !== picture.sentence) this.caption.textContent = picture.sentence; // else it would be read out again
    return undefined;
  }

  // --- sound

  // A button that plays the tune of this place: a note is [number as in MIDI, beats], a beat 0.4 seconds.
  listener() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "live-figure-listen";
    button.textContent = "Listen";
    const stop = () => {
      clearTimeout(this.ends);
      this.sound.close();
      this.sound = undefined;
      button.textContent = "Listen";
    };
    button.addEventListener("click", () => {
      if (this.sound) return stop();
      const notes = this.listed.find(({ place }) => Frames.key(place) === Frames.key(this.place))?.notes ?? [];
      const sound = new AudioContext();
      let at = sound.currentTime + 0.05;
      for (const [midi, beats] of notes) {
        const [tone, volume] = [sound.createOscillator(), sound.createGain()];
        tone.type = "triangle";
        tone.frequency.value = 440 * 2 ** ((midi - 69) / 12);
        volume.gain.setValueAtTime(0, at);
        volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
        volume.gain.linearRampToValueAtTime(0, at + 0.4 * beats - 0.03);
        tone.connect(volume).connect(sound.destination);
        tone.start(at);
        tone.stop(at + 0.4 * beats);
        at += 0.4 * beats;
      }
      button.textContent = "Stop the tune";
      this.sound = sound;
      this.ends = setTimeout(stop, 1000 * (at - sound.currentTime));
      return undefined;
    });
    return button;
  }
}

document.querySelectorAll("figure.live-figure").forEach((figure, i) => { figure.live = new LiveFigure(figure, i + 1); });
