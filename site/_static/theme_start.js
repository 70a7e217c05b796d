// Before anything is painted: light or dark, as chosen on an earlier page or in the system.
try {
  document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
  document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
} catch { /* a browser that keeps nothing */ }
