// Says, on the page of a live lesson, how far Python has come: fetched, starting, ready.
// The files fetched here are those that the kernel asks for a moment later; it then finds them in the browser's cache.
(() => {
  const list = new URL("pyodide/files.json", document.currentScript.src);
  const box = document.createElement("div");
  box.id = "kernel-progress";
  box.style.cssText = "position:fixed;right:16px;bottom:16px;z-index:10000;max-width:min(420px,calc(100vw - 32px));padding:12px 16px;"
    + "background:#0a3d62;color:#fff;border-radius:8px;box-shadow:0 2px 12px #0006;font:15px/1.5 system-ui,sans-serif";
  box.innerHTML = '<div role="status"></div><progress style="width:100%" aria-label="fetched"></progress>';
  const [said, bar] = box.children;
  const say = text => { said.textContent = text; };
  const mega = bytes => Math.max(1, Math.round(bytes / 1e6));

  async function fetchAll() {
    const files = await (await fetch(list)).json();
    let got = 0;
    bar.max = files.reduce((sum, [, size]) => sum + size, 0);
    const show = () => { bar.value = got; say(`Fetching Python: ${mega(got)} of ${mega(bar.max)} MB.`); };
    show();
    await Promise.all(files.map(async ([name]) => {
      const response = await fetch(new URL(name, list));
      if (!response.ok) throw new Error(`${response.status} for ${name}`);
      const reader = response.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        got += part.value.length;
        show();
      }
    }));
  }

  const session = () => window.jupyterapp?.shell?.currentWidget?.sessionContext;
  const status = () => session()?.session?.kernel?.status;
  const until = test => new Promise(done => {
    const timer = setInterval(() => { if (test()) { clearInterval(timer); done(); } }, 200);
  });

  async function ready() {
    await until(() => status() === "idle" || status() === "busy");
    bar.remove();
    say("Python is ready. Run the cells one by one with Shift+Enter, or: ");
    const button = document.createElement("button");
    button.textContent = "Run all cells";
    button.style.cssText = "font:inherit;padding:2px 12px;cursor:pointer";
    button.onclick = () => window.jupyterapp.commands.execute("notebook:run-all-cells");
    said.append(button);
    await until(() => status() === "busy");
    box.remove();
  }

  async function main() {
    document.body.append(box);
    const becomesReady = ready();
    try {
      await fetchAll();
      if (bar.isConnected) { bar.removeAttribute("value"); say("Starting Python …"); }
    } catch (error) {
      if (bar.isConnected) say(`Python could not be fetched (${error.message}). Check the connection, then reload this page.`);
    }
    await becomesReady;
  }
  document.body ? main() : addEventListener("DOMContentLoaded", main);
})();
