/* Chooses what is shown: the run, the finding, the theme. Keys: 1-9 runs, j and k findings, / filter, t theme. */
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const runs = all("main.run"), tabs = all("#runs button"), filter = document.getElementById("filter");
  const timelines = JSON.parse(document.getElementById("timelines").textContent);
  const views = new Map();
  let current = -1;

  function showRun(index) {
    if (index < 0 || index >= runs.length) return;
    current = index;
    runs.forEach((run, i) => { run.hidden = i !== index; });
    tabs.forEach((tab, i) => tab.setAttribute("aria-selected", String(i === index)));
    const section = runs[index].querySelector(".timeline");
    if (section && !views.has(index)) views.set(index, new Timeline(section, timelines[index]));
    if (views.has(index)) views.get(index).resize();
    if (!runs[index].querySelector('.finding[aria-current="true"]')) showFinding(0);
  }

  function visibleFindings() {
    return all(".finding", runs[current]).filter((button) => !button.parentElement.hidden);
  }

  function showFinding(index) {
    const run = runs[current];
    all(".finding", run).forEach((button) => button.setAttribute("aria-current", String(button.dataset.finding === String(index))));
    all(".detail", run).forEach((detail) => { detail.hidden = detail.dataset.finding !== String(index); });
    const times = all(`.detail[data-finding="${index}"] figure`, run).map((f) => f.dataset.time).filter(Boolean).map(Number);
    if (views.has(current)) views.get(current).mark(times);
  }

  function step(by) {
    const shown = visibleFindings();
    if (!shown.length) return;
    const at = shown.findIndex((button) => button.getAttribute("aria-current") === "true");
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    showFinding(next.dataset.finding);
    next.focus();
  }

  function applyFilter() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    runs.forEach((run) => all(".finding", run).forEach((button) => {
      const detail = run.querySelector(`.detail[data-finding="${button.dataset.finding}"]`);
      const text = (button.textContent + " " + detail.textContent).toLowerCase();
      button.parentElement.hidden = !words.every((word) => text.includes(word));
    }));
    const shown = visibleFindings();
    if (shown.length && !shown.some((button) => button.getAttribute("aria-current") === "true")) showFinding(shown[0].dataset.finding);
  }

  function toggleTheme() {
    document.documentElement.classList.toggle("dark");
    views.forEach((view) => view.draw());
  }

  tabs.forEach((tab, i) => tab.addEventListener("click", () => showRun(i)));
  all(".finding").forEach((button) => button.addEventListener("click", () => showFinding(button.dataset.finding)));
  filter.addEventListener("input", applyFilter);
  document.getElementById("theme").addEventListener("click", toggleTheme);
  document.addEventListener("keydown", (event) => {
    if (event.target === filter) { if (event.key === "Escape") { filter.value = ""; applyFilter(); filter.blur(); } return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { filter.focus(); event.preventDefault(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "t") toggleTheme();
    else if (/^[1-9]$/.test(event.key)) showRun(Number(event.key) - 1);
  });
  if (window.matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark");
  window.addEventListener("resize", () => { if (views.has(current)) views.get(current).resize(); });
  showRun(0);
})();
