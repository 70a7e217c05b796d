// What the page of a live lesson has beside JupyterLite: the way to other lessons and back to the book, how far Python has
// come, what went wrong where something did, and what becomes of what is written there.
// The files of Python that are fetched here are those that the kernel asks for a moment later; it then finds them in the cache.
(() => {
  const here = document.currentScript.src;
  const list = new URL("pyodide/files.json", here);
  const book = (page) => new URL(`../${page}`, here).href;
  const live = (name) => `${location.pathname}?path=${encodeURIComponent(name)}`;
  const name = new URLSearchParams(location.search).get("path") ?? "";
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
  const until = async (test, seconds = Infinity) => {
    const ends = performance.now() + 1000 * seconds;
    while (performance.now() < ends) {
      const found = test();
      if (found) return found;
      await wait(100);
    }
    return undefined;
  };
  const mega = (bytes) => Math.max(1, Math.round(bytes / 1e6));

  // --- what is said, at the lower right

  const said = make("div");
  said.setAttribute("role", "status");
  const bar = make("progress");
  bar.setAttribute("aria-label", "fetched");
  const box = make("div", { id: "kernel-progress" }, said, bar);
  const close = make("button", { textContent: "Close", onclick: () => box.remove() });
  let failed = false;
  const say = (text, ...more) => { if (!failed) said.replaceChildren(text, ...more); };
  const again = () => make("button", { textContent: "Reload this page", onclick: () => location.reload() });
  const fail = (text, ...more) => {
    if (failed) return;
    bar.remove();
    say(text, ...more);
    failed = true;
    box.append(close);
    if (!box.isConnected) document.body.append(box);
  };

  const style = make("style", { textContent: `
    #kernel-progress { position: fixed; right: 16px; bottom: 16px; z-index: 10000; max-width: min(420px, calc(100vw - 32px));
      box-sizing: border-box; padding: 12px 16px; background: #0a3d62; color: #fff; border-radius: 8px; box-shadow: 0 2px 12px #0006;
      font: 15px/1.5 system-ui, sans-serif; }
    #kernel-progress progress { width: 100%; }
    #kernel-progress button { font: inherit; padding: 2px 12px; margin: 4px 4px 0 0; cursor: pointer; }
    #course-bar { position: fixed; inset: 0 0 auto 0; height: 40px; box-sizing: border-box; z-index: 900; display: flex; gap: 6px 14px;
      align-items: center; padding: 4px 12px; background: #0a3d62; color: #fff; font: 15px/1.2 system-ui, sans-serif;
      white-space: nowrap; overflow-x: auto; }
    #course-bar a { color: #fff; }
    #course-bar :is(select, button) { font: inherit; max-width: 15rem; padding: 2px 6px; }
    #course-bar span { margin-left: auto; }
    :is(#course-bar, #kernel-progress) :focus-visible { outline: 3px solid #ffd166; outline-offset: 2px; }
    body #main.jp-LabShell, body #main { top: 40px !important; height: auto !important; bottom: 0 !important; }` });

  // --- the bar above

  const notes = make("span");
  notes.setAttribute("role", "status");

  function buildBar(lessons) {
    const at = lessons.findIndex((lesson) => lesson.name === name);
    const choice = make("select", { onchange: () => location.assign(live(choice.value)) });
    choice.setAttribute("aria-label", "Lesson");
    if (at < 0) choice.add(new Option(name || "no lesson", name));
    for (const lesson of lessons) choice.add(new Option(lesson.title, lesson.name, false, lesson.name === name));
    const page = at < 0 ? "index.html" : `notebooks/${name.replace(/\.ipynb$/, ".html")}`;
    const nav = make("nav", { id: "course-bar" }, make("a", { href: book(page), textContent: "\u2190 Back to the book" }), choice);
    nav.setAttribute("aria-label", "Course");
    if (lessons[at + 1]) nav.append(make("a", { href: live(lessons[at + 1].name), textContent: `Next: ${lessons[at + 1].title}` }));
    if (at >= 0) nav.append(make("button", { textContent: "Start this lesson afresh", onclick: afresh }));
    nav.append(notes);
    document.body.prepend(nav);
    dispatchEvent(new Event("resize"));
  }

  // Links between lessons lead to the other live copy, the logo to the book; by itself the notebook would look for a server.
  function leadLinks(lessons) {
    const names = new Set(lessons.map((lesson) => lesson.name));
    addEventListener("click", (event) => {
      const link = event.target.closest?.("a");
      if (!link || link.closest("#course-bar") || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const told = `${link.getAttribute("data-commandlinker-args") ?? ""} ${link.getAttribute("href") ?? ""}`;
      const target = link.closest("#jp-NotebookLogo, #jp-MainLogo") ? book("index.html")
        : [...names].filter((other) => told.includes(other)).map(live)[0];
      if (!target) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      location.assign(target);
    }, true);
  }

  // --- Python

  async function fetchAll() {
    const answer = await fetch(list);
    if (!answer.ok) throw new Error(`${answer.status} for the list of its files`);
    const files = await answer.json();
    let got = 0;
    bar.max = files.reduce((sum, [, size]) => sum + size, 0);
    const show = () => { bar.value = got; say(`Fetching Python: ${mega(got)} of ${mega(bar.max)} MB.`); };
    show();
    await Promise.all(files.map(async ([file]) => {
      const short = file.split("/").at(-1);
      const response = await fetch(new URL(file, list)).catch(() => { throw new Error(`no answer for ${short}`); });
      if (!response.ok) throw new Error(`${response.status} for ${short}`);
      const reader = response.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        got += part.value.length;
        show();
      }
    }));
  }

  const panel = () => window.jupyterapp?.shell?.currentWidget;
  const kernel = () => panel()?.sessionContext?.session?.kernel;

  // Whether Python answers and has the course's library: only then it is ready.
  async function answers() {
    const one = await until(() => ["idle", "busy"].includes(kernel()?.status) && kernel(), 120);
    if (!one) return "Python has not started within two minutes.";
    const future = one.requestExecute({ code: "import rnnlib", silent: true, store_history: false });
    const reply = await Promise.race([future.done, wait(120_000)]);
    if (!reply) return "Python has not answered within two minutes.";
    const { status, ename, evalue } = reply.content;
    return status === "ok" ? "" : `Python has started, but cannot import the course's library (${ename}: ${evalue}).`;
  }

  async function python() {
    say("Opening the notebook \u2026");
    document.body.append(box);
    if (!await until(() => window.jupyterapp, 90)) {
      return fail("The notebook itself has not come within a minute and a half. Check the connection. ", again());
    }
    // Python comes once the cells can be read: on a slow line it would hold them up. A file that is not there has a cell, too.
    const there = await window.jupyterapp.serviceManager.contents.get(name, { content: false }).catch(() => undefined);
    if (!there || !await until(() => document.querySelector(".jp-Notebook .jp-Cell"), 60)) {
      return fail(`There is no lesson at \u201c${name}\u201d. `, make("a", { href: book("index.html"), textContent: "All lessons", style: "color:#fff" }));
    }
    try {
      await fetchAll();
    } catch (error) {
      return fail(`Python could not be fetched whole (${error.message}): cells will not run. Check the connection. `, again());
    }
    bar.removeAttribute("value");
    say("Starting Python \u2026");
    const wrong = await answers();
    if (wrong) return fail(`${wrong} Cells will not run as they should. `, again());
    bar.remove();
    const run = make("button", { textContent: "Run all cells", onclick: () => window.jupyterapp.commands.execute("notebook:run-all-cells") });
    say("Python is ready. Run the cells one by one with Shift+Enter, or: ", run);
    await until(() => kernel()?.status === "busy");
    box.remove();
    return undefined;
  }

  // A script of the notebook's own that does not come leaves a white page.
  addEventListener("error", (event) => {
    const source = event.target?.src ?? "";
    if (event.target?.tagName === "SCRIPT") fail(`A part of the notebook could not be fetched (${source.split("/").at(-1)}). Check the connection. `, again());
  }, true);
  addEventListener("unhandledrejection", ({ reason }) => {
    if (/loading (css )?chunk|dynamically imported/i.test(String(reason?.message))) {
      fail("A part of the notebook could not be fetched. Check the connection. ", again());
    }
  });

  // --- what is written here

  const own = `own-copy-of-${name}`; // the version of the lesson that it was made from
  const remember = (value) => {
    try {
      if (value === undefined) return localStorage.getItem(own);
      if (value === null) localStorage.removeItem(own);
      else localStorage.setItem(own, value);
    } catch { /* said elsewhere */ }
    return undefined;
  };

  const keeps = () => new Promise((done) => {
    try {
      const asked = indexedDB.open("course-can-it-keep");
      asked.onsuccess = () => { asked.result.close(); indexedDB.deleteDatabase("course-can-it-keep"); done(true); };
      asked.onerror = () => done(false);
    } catch { done(false); }
  });

  async function afresh() {
    if (!confirm("Start this lesson afresh? What you have written and run in it, in this browser, is thrown away.")) return;
    try {
      await window.jupyterapp.serviceManager.contents.delete(name);
    } catch { /* there was no copy */ }
    remember(null);
    location.reload();
  }

  // Saved each time Python has come to rest, not only every two minutes.
  async function keep(version) {
    if (!await keeps()) {
      notes.textContent = "This browser keeps nothing here: download what you write (File > Download) before you leave.";
      return;
    }
    if (remember() && version && remember() !== version) {
      notes.textContent = "The course has a newer version of this lesson; this is your own copy. It goes if you start afresh.";
    }
    const opened = await until(panel);
    const base = remember() ?? version ?? "";
    let ran = false, timer, saving = false;
    async function save() {
      saving = true; // two at once, as between the cells of "Run All", and JupyterLab asks which of them is right
      try {
        await opened.context.save();
        remember(base);
        if (!notes.textContent) notes.textContent = "Saved in this browser.";
      } catch (error) {
        notes.textContent = `Not saved (${error.message}): download what you have written (File > Download).`;
      }
      saving = false;
    }
    opened.sessionContext.statusChanged.connect((_, status) => {
      if (status === "busy") ran = true;
      clearTimeout(timer);
      if (status === "idle" && ran) timer = setTimeout(rest, 500);
    });
    function rest() {
      if (saving) timer = setTimeout(rest, 500);
      else {
        ran = false;
        if (opened.context.model.dirty) save();
      }
    }
  }

  // light or dark, as in the book
  async function dress() {
    const app = await until(() => window.jupyterapp);
    let mode;
    try { mode = localStorage.getItem("mode"); } catch { /* the system's */ }
    const dark = mode === "dark" || (mode !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    await app.started;
    if (dark) app.commands.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
  }

  async function main() {
    document.head.append(style);
    const lessons = await fetch(new URL("lessons.json", here)).then((answer) => answer.json()).catch(() => []);
    buildBar(lessons);
    leadLinks(lessons);
    dress();
    keep(lessons.find((lesson) => lesson.name === name)?.version);
    await python();
  }
  if (document.body) main();
  else addEventListener("DOMContentLoaded", main);
})();
