// Live pictures in a page: one module for a notebook and for the static site.
//
// Both keep pictures by the place of the sliders they belong to, and show one, with its own sentence, as soon as a slider
// gets there. They differ in where pictures come from. In a notebook (`Live`, at the end of this file) the kernel draws
// them, also those that nobody has asked for yet, and sends them as messages. On the site (site/_static/live_figures.js) they
// were drawn when it was built, and come as files.

// Pictures by place, the least recently shown first; a place is a list with the value of each control.
export class Frames {
  constructor(limit = Infinity) {
    this.limit = limit; // bytes
    this.bytes = 0;
    this.kept = new Map();
  }

  // Numbers may differ in their last digits, as 0.1 + 0.2 and 0.3 do.
  static rounded(place) {
    return place.map((value) => (typeof value === "number" ? Number(value.toPrecision(12)) : value));
  }

  static key(place) {
    return JSON.stringify(Frames.rounded(place));
  }

  // Whether two places, rounded, are the same but for control i.
  static along(i, place, other) {
    return place.every((value, j) => j === i || value === other[j]);
  }

  // Keeps a picture, and returns the places of those that had to go for it.
  put(place, bytes, type, sentence) {
    const key = Frames.key(place);
    this.drop(key);
    this.kept.set(key, { place: Frames.rounded(place), bytes, type, sentence, size: bytes.byteLength });
    this.bytes += bytes.byteLength;
    const gone = [];
    for (const [oldest, frame] of this.kept) {
      if (this.bytes <= this.limit || oldest === key) break;
      gone.push(frame.place);
      this.drop(oldest);
    }
    return gone;
  }

  drop(key) {
    const frame = this.kept.get(key);
    if (!frame) return;
    this.kept.delete(key);
    this.bytes -= frame.size;
    frame.ready = frame.unpacked = undefined;
  }

  forget() {
    for (const key of [...this.kept.keys()]) this.drop(key);
  }

  // The picture of a place, which from now on is the most recently shown one; undefined where there is none.
  get(place) {
    const key = Frames.key(place);
    const frame = this.kept.get(key);
    if (frame) {
      this.kept.delete(key);
      this.kept.set(key, frame);
    }
    return frame;
  }

  // The picture nearest to a place along its control i, the others being equal; undefined where there is none.
  nearest(place, i) {
    if (typeof place[i] !== "number") return undefined;
    let nearest;
    const wanted = Frames.rounded(place);
    for (const frame of this.kept.values()) {
      if (!Frames.along(i, frame.place, wanted)) continue;
      if (!nearest || Math.abs(frame.place[i] - wanted[i]) < Math.abs(nearest.place[i] - wanted[i])) nearest = frame;
    }
    return nearest;
  }

  // Loads and unpacks a picture before it is needed, in an element of its own, which `swap` puts into the page: nothing is fetched or
  // unpacked twice.
  static async prepare(frame) {
    if (!frame.ready) {
      frame.ready = new Image();
      frame.ready.decoding = "sync";
      frame.ready.src = Frames.address(frame);
    }
    await frame.ready.decode();
    frame.unpacked = Boolean(frame.ready); // it may have had to go meanwhile
  }

  // The picture itself as its address: that of a Blob would have to be asked of another process, three times a picture.
  static address(frame) {
    if (!frame.url) {
      frame.url = `data:${frame.type};base64,${base64(frame.bytes)}`;
      frame.bytes = undefined;
    }
    return frame.url;
  }
}

function base64(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  const pieces = [];
  for (let i = 0; i < bytes.length; i += 0x8000) pieces.push(String.fromCharCode(...bytes.subarray(i, i + 0x8000)));
  return btoa(pieces.join(""));
}

// Puts the element that has unpacked a picture into the place of the one that is there, and returns it.
export function swap(image, frame) {
  let next = frame.ready;
  if (next === image) return image;
  if (!next || next.parentNode) { // the picture had to go meanwhile, or it is shown elsewhere as well
    next = new Image();
    next.src = Frames.address(frame);
  }
  for (const { name, value } of image.attributes) if (name !== "src") next.setAttribute(name, value);
  image.replaceWith(next);
  return next;
}

// Along one control by itself: a step back, play or pause, a step on, and the speed. A hand on a control ends it
// (`pause`), and where the system asks for less motion it only steps. Along what: `track` has count(), at() and
// go(position), and ready(), whether the picture of the last position is there: time goes on while it is not, so that slow
// pictures make longer strides and not a slower film. `pace` is in positions a second. In `status` the sentence stands.
export class Player {
  constructor(track, pace, label, status, begun = () => {}) {
    Object.assign(this, { track, pace, status, begun, own: false });
    this.el = document.createElement("div");
    this.el.className = "rnn-play";
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", `Play: ${label}`);
    const button = (text, name, act) => {
      const made = this.el.appendChild(document.createElement("button"));
      Object.assign(made, { type: "button", textContent: text, title: name });
      made.setAttribute("aria-label", name);
      made.addEventListener("click", act);
      return made;
    };
    button("\u2039", "one step back", () => this.step(-1));
    this.button = button("", "", () => (this.timer ? this.pause() : this.play()));
    button("\u203a", "one step on", () => this.step(1));
    this.speed = this.el.appendChild(document.createElement("label")).appendChild(document.createElement("select"));
    this.speed.before("speed ");
    for (const times of [0.25, 0.5, 1, 2, 4]) this.speed.add(new Option(`${times}\u00d7`, times, times === 1, times === 1));
    this.speed.addEventListener("change", () => this.timer && this.begin());
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.heed = () => {
      if (this.calm.matches) this.pause();
      this.say();
    };
    this.calm.addEventListener("change", this.heed);
    this.say();
  }

  say() {
    const name = this.timer ? "pause" : "play";
    this.button.textContent = this.timer ? "\u275a\u275a" : "\u25b6\ufe0e";
    this.button.disabled = this.calm.matches;
    this.button.title = this.calm.matches ? "your system asks for less motion: step instead" : name;
    this.button.setAttribute("aria-label", this.button.title);
  }

  go(position) {
    this.own = true;
    this.track.go(position);
    this.own = false;
  }

  step(by) {
    this.pause();
    this.go(Math.min(Math.max(this.track.at() + by, 0), this.track.count() - 1));
  }

  play() {
    if (this.calm.matches) return;
    if (this.track.at() >= this.track.count() - 1) this.go(0);
    this.begin();
    this.timer = setInterval(() => this.tick(), 20);
    this.say();
    this.status.setAttribute("aria-live", "off"); // a sentence that changes with each picture is not read out; the last one is
    this.begun();
  }

  begin() {
    this.since = performance.now();
    this.from = this.track.at();
  }

  tick() {
    if (!this.track.ready()) return;
    const passed = ((performance.now() - this.since) / 1000) * this.pace * Number(this.speed.value);
    const position = Math.min(this.from + Math.floor(passed), this.track.count() - 1);
    if (position !== this.track.at()) this.go(position);
    if (position === this.track.count() - 1) this.pause();
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.say();
    this.status.setAttribute("aria-live", "polite");
  }

  // Somebody else has moved the control.
  giveWay() {
    if (!this.own) this.pause();
  }

  end() {
    this.pause();
    this.calm.removeEventListener("change", this.heed);
  }
}

// --- in a notebook

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const LATE = "The picture for this setting has not come yet: Python is busy, or it has stopped. If it stays so, run this cell again.";
const FORGOTTEN = ["dead", "terminating", "restarting", "autorestarting"];

// One live output: the widgets of the kernel that belong to it, and every element of the page that shows it. What a
// notebook stores is plain HTML, with the picture, the sentence and a line that says how to make it move. Where such an
// element is found on the page, the widgets are put into it and hide what is stored; when the kernel is gone, that comes back.
//
// What is said, to the kernel (page.py and live.py hear it):
//   hello         the page runs this script, and has no pictures yet
//   reach, keys   a hand is on the control of that number, by arrow keys or not; leave: on none
//   got           so many more pictures have come (every fourth time; live.py waits before there are WINDOW of them under way)
//   dropped       places whose pictures had to go
//   ratio, dark   how many times the pixels are wanted, and whether the page is dark
// And from the kernel, with a picture or without: sentence; place, which the picture is kept by; refused: hide the picture;
// or forget: what is kept is wrong from now on.
class Live {
  begin(model) {
    this.model = model;
    this.manager = model.widget_manager;
    this.frames = new Frames(32e6);
    this.views = new Set();
    this.rooms = new Map(); // element that shows it -> what was put there
    this.controls = [];
    this.got = this.turn = 0;
    model.on("msg:custom", (message, buffers) => this.heard(message, buffers));
    model.on("change:box", () => this.connect());
    this.connect();
  }

  async connect() {
    if (!this.model.get("box") || this.box) return;
    this.box = "soon";
    this.box = await this.modelOf(this.model.get("box"));
    this.controls = await Promise.all(this.model.get("controls").map(async ([id, trait]) => {
      const control = { model: await this.modelOf(id), trait };
      control.model?.on(`change:${trait}`, () => this.moved(this.controls.indexOf(control)));
      return control;
    }));
    if (!this.box || this.controls.some((control) => !control.model)) return; // closed meanwhile
    this.box.on("comm_live_update", () => (this.box.comm_live ? this.look(document.body) : this.die()));
    this.box.on("destroy", () => this.end());
    this.kernel = this.manager.kernel;
    this.heedStatus = (_, status) => FORGOTTEN.includes(status) && this.die();
    this.heedEnd = () => this.die();
    this.kernel?.statusChanged?.connect?.(this.heedStatus);
    this.kernel?.disposed?.connect?.(this.heedEnd);
    this.observer = new MutationObserver((changes) => {
      for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) this.look(node);
    });
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.alive = true;
    this.look(document.body);
    this.theme = new MutationObserver(() => this.followTheme());
    this.theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    this.followTheme();
    this.tell({ hello: true });
  }

  // Pictures for a dark page where it is one; what is stored stays light.
  followTheme() {
    const dark = document.body.dataset.jpThemeLight === "false";
    if (dark === this.dark) return;
    this.dark = dark;
    this.tell({ dark });
  }

  // A model may be announced after what refers to it.
  async modelOf(id) {
    for (let i = 0; i < 200 && !this.manager.has_model(id); i++) await wait(25);
    return this.manager.has_model(id) ? this.manager.get_model(id) : undefined;
  }

  look(node) {
    const name = this.model.get("name");
    if (node.classList.contains(name)) this.fill(node);
    for (const host of node.getElementsByClassName(name)) this.fill(host);
  }

  async fill(host) {
    if (this.rooms.has(host) || this.box.comm_live === false) return;
    // Outputs that are gone for good and those scrolled out of sight look alike; the latter are filled anew when they come back.
    if (this.rooms.size > 3) for (const other of [...this.rooms.keys()]) if (!other.isConnected) this.empty(other);
    const room = document.createElement("div");
    room.className = "rnn-room";
    this.rooms.set(host, { room });
    this.shown ??= { url: host.querySelector("img")?.src, sentence: host.querySelector("p")?.textContent ?? "" };
    const view = await this.manager.create_view(this.box);
    if (this.rooms.get(host)?.room !== room || !host.isConnected) {
      view.remove();
      if (this.rooms.get(host)?.room === room) this.rooms.delete(host);
      return;
    }
    this.rooms.get(host).view = view;
    host.append(room);
    const widget = view.luminoWidget ?? view.pWidget;
    widget.constructor.attach(widget, room);
    host.classList.add("rnn-alive");
    this.heed(room);
  }

  empty(host) {
    const { room, view } = this.rooms.get(host) ?? {};
    this.rooms.delete(host);
    view?.remove();
    room?.remove();
    host.classList.remove("rnn-alive");
  }

  // The kernel is gone: each element shows again what it has stored, with the last picture.
  die() {
    clearTimeout(this.patience);
    this.patience = undefined;
    for (const host of [...this.rooms.keys()]) {
      this.empty(host);
      host.classList.add("rnn-dead");
      if (!this.shown) continue;
      const [image, said] = [host.querySelector("img"), host.querySelector("p")];
      if (image && (this.shown.url || this.shown.bytes)) image.src = Frames.address(this.shown);
      if (said) said.textContent = this.shown.sentence;
    }
  }

  end() {
    this.alive = false;
    this.die();
    this.observer.disconnect();
    this.theme.disconnect();
    this.kernel?.statusChanged?.disconnect?.(this.heedStatus);
    this.kernel?.disposed?.disconnect?.(this.heedEnd);
    if (this.reached !== undefined) this.quieten(false);
    this.frames.forget();
  }

  tell(message) {
    if (!this.alive || this.box.comm_live === false) return;
    try {
      this.model.send(message);
    } catch {
      this.die(); // the kernel went without a word
    }
  }

  // --- pictures

  heard(message, buffers) {
    if (message.forget) {
      if (this.shown) this.shown.place = undefined; // nor is it near to anything any more
      return this.frames.forget();
    }
    const bytes = buffers?.length ? new Uint8Array(buffers[0].buffer ?? buffers[0], buffers[0].byteOffset ?? 0, buffers[0].byteLength)
      : undefined;
    if (message.place) {
      const gone = this.frames.put(message.place, bytes, "image/png", message.sentence);
      if (gone.length) this.tell({ dropped: gone });
      this.got += 1;
      if (this.got === 4) {
        this.tell({ got: this.got });
        this.got = 0;
      }
      const place = this.place();
      if (Frames.key(place) === Frames.key(message.place)) return this.show(this.frames.get(place), true);
      this.prepareAround(place);
      if (this.waiting !== undefined) this.showNearest(place);
      return undefined;
    }
    // A picture of no place, that is shown and not kept; or words alone, beside the picture that is there.
    const picture = bytes ? { bytes, type: "image/png" } : { ...this.shown, place: undefined };
    return this.show({ ...picture, sentence: message.sentence, refused: message.refused }, true);
  }

  place() {
    return this.controls.map(({ model, trait }) => model.get(trait));
  }

  moved(i) {
    for (const { player } of this.views) player?.giveWay();
    const place = this.place();
    const frame = this.frames.get(place);
    if (frame) {
      this.show(frame, true);
    } else {
      this.waiting = i;
      this.showNearest(place);
      this.views.forEach((view) => view.said.setAttribute("aria-busy", "true"));
      this.patience ??= setTimeout(() => this.views.forEach((view) => { view.note.textContent = LATE; }), 2000);
    }
    this.prepareAround(place);
  }

  // Unpacks the pictures that the next keys show. Most of those that are drawn ahead are never seen.
  prepareAround(place) {
    place.forEach((value, i) => {
      if (typeof value !== "number") return;
      for (const steps of [1, -1, 2, -2]) {
        const there = value + steps * (this.controls[i].model.get("step") ?? 1);
        const frame = this.frames.kept.get(Frames.key(place.map((other, j) => (j === i ? there : other))));
        if (frame && !frame.ready) Frames.prepare(frame).catch(() => {}); // it had to go meanwhile
      }
    });
  }

  // Until the exact picture comes: the nearest that is there, if it is nearer than the one that is shown.
  showNearest(place) {
    const i = this.waiting;
    const nearest = this.frames.nearest(place, i);
    const now = this.shown?.place;
    const comparable = now && Frames.along(i, now, Frames.rounded(place));
    if (nearest && nearest !== this.shown
        && !(comparable && Math.abs(now[i] - place[i]) <= Math.abs(nearest.place[i] - place[i]))) this.show(nearest, false);
  }

  show(frame, exact) {
    this.shown = frame;
    if (exact) {
      clearTimeout(this.patience);
      this.waiting = this.patience = undefined;
    }
    for (const view of this.views) this.put(view, exact);
  }

  async put(view, exact) {
    const frame = this.shown;
    const turn = (this.turn += 1);
    const pictured = frame.url || frame.bytes;
    if (pictured && !frame.unpacked) await Frames.prepare(frame).catch(() => {});
    if (view.turn > turn) return; // a later one was ready sooner
    view.turn = turn;
    if (pictured) view.image = swap(view.image, frame);
    view.said.textContent = view.image.alt = frame.sentence;
    view.el.classList.toggle("rnn-refused", Boolean(frame.refused));
    if (!exact || this.shown !== frame || this.waiting !== undefined) return;
    view.note.textContent = "";
    view.said.removeAttribute("aria-busy");
  }

  // --- elements

  // The picture and the sentence, wherever the box of widgets has its place for them.
  view(el) {
    const [width, height] = [this.model.get("width"), this.model.get("height")];
    el.classList.add("rnn-picture");
    const image = el.appendChild(document.createElement("img"));
    Object.assign(image, { width, height, decoding: "sync", alt: "" });
    image.style.setProperty("--rnn-width", width);
    image.setAttribute("aria-hidden", "true"); // the sentence says it, once
    const foot = el.appendChild(document.createElement("div"));
    foot.className = "rnn-foot";
    const status = foot.appendChild(document.createElement("div"));
    status.setAttribute("role", "status");
    const said = status.appendChild(document.createElement("p"));
    const note = status.appendChild(document.createElement("p"));
    const view = { el, image, said, note, turn: 0 };
    this.views.add(view);
    if (this.shown) this.put(view, true);
    if (this.model.get("play") >= 0) this.addPlayer(view, status);
    this.addLarge(foot);
    // More pixels, where the screen, a presentation or the large view shows them.
    const sizes = new ResizeObserver(() => {
      if (!view.image.clientWidth) return; // out of sight, in another tab of JupyterLab say
      view.ratio = (view.image.clientWidth * devicePixelRatio) / width;
      this.askForPixels();
    });
    sizes.observe(el);
    return () => {
      sizes.disconnect();
      view.image.remove(); // another view may show it
      view.player?.end();
      this.views.delete(view);
    };
  }

  // As many as the largest view needs; twice or once, but for the large view exactly its own.
  askForPixels() {
    const needed = Math.max(...[...this.views].map((view) => view.ratio ?? 1));
    const large = [...this.views].some((view) => view.el.closest(":fullscreen"));
    const ratio = large ? Math.min(Math.round(1000 * needed) / 1000, 4) : needed > 1.05 ? 2 : 1;
    if (ratio === this.ratio) return;
    this.ratio = ratio;
    this.tell({ ratio });
  }

  async addPlayer(view, status) {
    while (!this.alive) await wait(25); // the controls are found after the view
    const i = this.model.get("play");
    const { model, trait } = this.controls[i];
    const [low, step] = trait === "index" ? [0, 1] : [model.get("min"), model.get("step")];
    view.player = new Player({
      count: () => (trait === "index" ? model.get("_options_labels").length : Math.floor((model.get("max") - low) / step + 1e-6) + 1),
      at: () => Math.round((model.get(trait) - low) / step),
      ready: () => this.waiting === undefined,
      go: (position) => {
        model.set(trait, Number((low + position * step).toPrecision(12)));
        model.save_changes();
      },
    }, this.model.get("pace"), model.get("description"), status, () => this.tell({ reach: i, keys: true }));
    view.el.prepend(view.player.el);
  }

  // The figure, its controls and its sentence over the whole screen, for a lecture hall.
  addLarge(foot) {
    const button = foot.appendChild(document.createElement("button"));
    Object.assign(button, { type: "button", className: "rnn-large", title: "Large: fill the screen; Escape ends it" });
    button.setAttribute("aria-label", button.title);
    button.innerHTML = '<svg viewBox="0 0 16 16" width="1em" height="1em"><path d="M1 6V1h5M10 1h5v5M15 10v5h-5M6 15H1v-5" fill="none"'
      + ' stroke="currentColor" stroke-width="2"/></svg>';
    button.addEventListener("click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else foot.closest(".rnn-room")?.requestFullscreen();
    });
  }

  // In the large view a picture is as large as the sliders and the sentence leave room for.
  fit(room) {
    for (const { el, image } of this.views) {
      if (!room.contains(el)) continue;
      image.style.width = "";
      if (!room.matches(":fullscreen")) continue;
      const rest = room.firstElementChild.offsetHeight - image.clientHeight;
      const high = 0.96 * innerHeight - rest;
      image.style.width = `${Math.floor(Math.min(0.96 * innerWidth, (high * image.width) / image.height))}px`;
    }
  }

  // What the widgets in a room need beyond what they can do by themselves.
  heed(room) {
    // Keys go to the control that has the focus, not to the notebook's commands: x would cut the cell.
    room.addEventListener("keydown", (event) => {
      const command = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
      if (!command && event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
    });
    new ResizeObserver(() => this.fit(room)).observe(room);
    const reach = async (event) => {
      const keys = event.type === "keydown" || event.type === "focusin";
      if (event.type === "focusin" && !event.target.matches(":focus-visible")) return; // by a pointer, which has been heard of
      for (const [i, { model }] of this.controls.entries()) {
        for (const view of await Promise.all(Object.values(model.views ?? {}))) {
          if (!view.el.contains(event.target) || this.reached === `${i} ${keys}`) continue;
          if (this.reached === undefined) this.quieten(true);
          this.reached = `${i} ${keys}`;
          this.tell({ reach: i, keys });
        }
      }
    };
    for (const kind of ["pointerover", "pointerdown", "focusin", "keydown", "touchstart"]) {
      room.addEventListener(kind, reach, { passive: true });
    }
    const leave = () => {
      if (this.reached === undefined || room.contains(document.activeElement) || room.matches(":hover")) return;
      this.reached = undefined;
      this.quieten(false);
      this.tell({ leave: true });
    };
    room.addEventListener("pointerleave", leave);
    room.addEventListener("focusout", () => setTimeout(leave));
    let focused;
    room.addEventListener("focusin", (event) => { focused = event.target; });
    room.addEventListener("focusout", () => setTimeout(() => { if (document.activeElement !== document.body) focused = undefined; }));
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type !== "attributes" || change.target !== focused || !focused.disabled) continue;
        setTimeout(() => this.focusBeside(room, change.target), 150); // what takes its place may not be there yet
      }
      this.name(room);
    }).observe(room, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
    this.name(room);
  }

  // JupyterLab has two icons for its tab, idle and busy, and fetches the other one from the server at each message to the kernel
  // and from it: some sixty times a second while a slider is moved. It does not find one that is not called so.
  quieten(on) {
    if (on) Live.icon ??= document.querySelector("link[rel=icon].idle.favicon") && document.querySelector("link.busy.favicon");
    Live.icon?.classList.toggle("favicon", !on);
    if (!on) Live.icon = undefined;
  }

  // A button that switches itself off would drop the focus to the page.
  focusBeside(room, button) {
    if (![document.body, button].includes(document.activeElement)) return;
    const beside = [...(button.parentElement?.querySelectorAll("button:not(:disabled)") ?? [])][0]
      ?? room.querySelector("[role=status]");
    if (!beside) return;
    if (!beside.matches("button")) beside.tabIndex = -1;
    beside.focus({ preventScroll: true });
  }

  // Names and values of sliders, for those who cannot see what stands beside them.
  name(room) {
    for (const handle of room.querySelectorAll(".noUi-handle")) {
      const slider = handle.closest(".jupyter-widgets");
      const [label, value] = [".widget-label", ".widget-readout"].map((part) => slider?.querySelector(part));
      for (const [attribute, text] of [["aria-label", label?.textContent], ["aria-valuetext", value?.textContent]]) {
        if (text && handle.getAttribute(attribute) !== text) handle.setAttribute(attribute, text);
      }
      if (value && label && !value.hasAttribute("aria-label")) value.setAttribute("aria-label", `${label.textContent}, as a number`);
    }
  }
}

export default () => {
  const live = new Live();
  return { initialize: ({ model }) => live.begin(model), render: ({ el }) => live.view(el) };
};
