// Once a lesson's page has come to rest, fetch what its live copy will need, so that Python starts sooner there;
// not for those who save data or are on a slow line.
(() => {
  const list = new URL("../lite/pyodide/files.json", document.currentScript.src);
  const line = navigator.connection ?? {};
  if (!document.querySelector(".live-link") || line.saveData || /2g|3g/.test(line.effectiveType)) return;
  addEventListener("load", () => setTimeout(async () => {
    for (const [name] of await (await fetch(list)).json()) {
      const link = document.createElement("link");
      Object.assign(link, { rel: "prefetch", href: new URL(name, list), crossOrigin: "anonymous" });
      document.head.append(link);
    }
  }, 5000));
})();
