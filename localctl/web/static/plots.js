// The timeline: one plot per phase, limit, given out and measured as steps, cursors moving together.
/* global uPlot */

const FIGURES = ["limit", "given", "measured"];
const HEIGHT = 190;
const figure = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function startPlots(place, choice) {
  const texts = place.dataset;
  const state = { panel: "", span: 900, columns: null, plots: [], turn: 0 };

  function options(phase, width) {
    const stepped = uPlot.paths.stepped({ align: 1 });
    const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
    const looks = { limit: { stroke: colour("warn"), dash: [6, 4], width: 2 }, given: { stroke: colour("given"), width: 2, fill: `${colour("given")}22` },
      measured: { stroke: colour("flow"), width: 1.5 } };
    const unit = (_, value) => (value == null ? "–" : `${figure.format(value)} A`);
    return {
      width,
      height: HEIGHT,
      cursor: { sync: { key: "timeline" }, drag: { x: false, y: false } },
      legend: { live: true },
      scales: { x: { range: shown }, y: { range: () => [0, top()] } },
      axes: [{ ...axis, values: times, space: 60 }, { ...axis, size: 54, values: (_, ticks) => ticks.map((tick) => `${tick} A`) }],
      series: [
        { label: texts.time, value: (_, at) => (at == null ? "–" : time(at, true)) },
        ...FIGURES.map((name) => ({ label: texts[name], paths: stepped, points: { show: false }, value: unit, ...looks[name] })),
      ],
    };
  }

  // As high as limits and currents: what stations may take before the first order would dwarf everything.
  function top() {
    const figures = Object.values(state.columns.phases).flatMap((phase) => [phase.limit, phase.measured]);
    return Math.max(8, figures.reduce((most, rows) => rows.reduce((high, value) => Math.max(high, value ?? 0), most), 0) * 1.12);
  }

  // A box that has just started shows what it has, not a quarter of an hour of nothing.
  function shown() {
    const now = Date.now() / 1000;
    return [Math.max(now - state.span, Math.min(state.columns.at[0] ?? now, now - 120)), now];
  }

  function time(at, seconds) {
    const shape = { hour: "2-digit", minute: "2-digit", hour12: false, ...(seconds ? { second: "2-digit" } : {}) };
    return new Date(at * 1000).toLocaleTimeString(document.documentElement.lang, shape);
  }
  const times = (_, ticks) => ticks.map((tick) => time(tick, ticks.length > 1 && ticks[1] - ticks[0] < 60));
  const rows = (phase) => [state.columns.at, ...FIGURES.map((name) => state.columns.phases[phase][name])];

  function build() {
    state.plots.forEach(({ plot }) => plot.destroy());
    place.replaceChildren();
    state.plots = [];
    if (!state.columns.at.length) {
      place.append(Object.assign(document.createElement("p"), { textContent: texts.none, className: "soft" }));
      return;
    }
    for (const phase of Object.keys(state.columns.phases)) {
      const card = document.createElement("div");
      card.className = "plot";
      card.setAttribute("role", "group");
      card.setAttribute("aria-label", texts.label.replace("PHASE", phase));
      card.append(Object.assign(document.createElement("h3"), { textContent: phase }));
      place.append(card);
      const plot = new uPlot(options(phase, card.clientWidth - 12), rows(phase), card);
      state.plots.push({ phase, plot, card });
      latest(plot);
    }
  }

  // Where no cursor is, the legend tells the newest figures.
  function latest(plot) {
    if (plot.cursor.idx == null) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
  }

  function grow(news) {
    state.columns.at.push(...news.at);
    const oldest = Date.now() / 1000 - state.span;
    const gone = Math.max(0, state.columns.at.findIndex((at) => at > oldest));
    state.columns.at.splice(0, gone);
    for (const [phase, figures] of Object.entries(news.phases)) {
      for (const name of FIGURES) {
        const kept = state.columns.phases[phase]?.[name];
        if (!kept) return false;
        kept.push(...figures[name]);
        kept.splice(0, gone);
      }
    }
    state.plots.forEach(({ phase, plot }) => {
      plot.setData(rows(phase));
      latest(plot);
    });
    return true;
  }

  async function ask(since) {
    const query = new URLSearchParams({ panel: state.panel, span: state.span, since });
    const answer = await fetch(`/api/history.json?${query}`);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  async function load() {
    const turn = ++state.turn;
    state.panel = choice.elements.panel.value;
    state.span = Number(choice.elements.span.value);
    try {
      const columns = await ask(0);
      if (turn !== state.turn) return;
      state.columns = columns;
      build();
    } catch {
      if (turn === state.turn) place.textContent = texts.failed;
    }
  }

  let busy = false;
  let asked = 0;

  async function more() {
    if (document.hidden || busy || Date.now() - asked < (state.span <= 900 ? 1500 : 15000)) return;
    busy = true;
    asked = Date.now();
    const turn = state.turn;
    try {
      if (!state.plots.length) await load();
      else {
        const news = await ask(state.columns.at.at(-1) ?? 0);
        if (turn === state.turn && !grow(news)) await load();
      }
    } catch {
      // the live badge tells that the box cannot be reached
    } finally {
      busy = false;
    }
  }

  choice.hidden = false;
  choice.addEventListener("submit", (event) => event.preventDefault());
  choice.addEventListener("change", load);
  document.addEventListener("visibilitychange", () => !document.hidden && load());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state.columns && build());
  new ResizeObserver(() => state.plots.forEach(({ plot, card }) => {
    const width = card.clientWidth - 12;
    if (width > 50 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
  })).observe(place);
  load();
  setInterval(more, 2000);
}
