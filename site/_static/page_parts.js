// What a page can wait for: formulas, which are typeset when one comes into the window or the reader moves, and paper.

// --- formulas

const formulas = [...document.querySelectorAll(".math")];
if (formulas.length) {
  globalThis.MathJax = {
    // without its menu and its explorer, for which each formula would be a stop of the Tab key; a screen reader gets MathML
    options: { processHtmlClass: "tex2jax_process|mathjax_process|math|output_area", enableMenu: false,
      enableExplorer: false, enableEnrichment: false, enableComplexity: false, menuOptions: { settings: { assistiveMml: true } } },
  };
  const moves = ["scroll", "wheel", "pointerdown", "touchstart", "keydown"];
  const load = () => {
    seen.disconnect();
    for (const move of moves) removeEventListener(move, load);
    const script = document.createElement("script");
    script.src = new URL("mathjax/tex-chtml.js", import.meta.url);
    document.head.append(script);
  };
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) load();
  });
  const begin = () => {
    for (const formula of formulas) seen.observe(formula);
    for (const move of moves) addEventListener(move, load, { passive: true });
  };
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin); // figures first
}

// --- paper: answers are open, and solutions stand at the end

addEventListener("beforeprint", () => {
  const article = document.querySelector("article");
  if (!article || document.querySelector(".solutions-on-paper")) return;
  const end = Object.assign(document.createElement("section"), { className: "solutions-on-paper" });
  for (const fold of article.querySelectorAll("details")) {
    if (fold.classList.contains("answer")) {
      fold.open = true;
      continue;
    }
    const heading = [...article.querySelectorAll("h2, h3")].findLast((h) => h.compareDocumentPosition(fold) & 4);
    end.append(Object.assign(document.createElement("h3"), { textContent: heading?.firstChild?.textContent ?? "" }));
    for (const part of fold.cloneNode(true).childNodes) if (part.nodeName !== "SUMMARY") end.append(part.cloneNode(true));
  }
  if (end.childElementCount) {
    end.prepend(Object.assign(document.createElement("h2"), { textContent: "Solutions" }));
    article.append(end);
  }
});
addEventListener("afterprint", () => document.querySelector(".solutions-on-paper")?.remove());
