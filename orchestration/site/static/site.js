/* What every page does: draw its pictures, hand them out as images, let List.js sort, filter and page its tables.
   No request leaves the release: libraries and data are files beside the page. */
"use strict";

const clawback = { shown: [], data: {} };
window.clawback = clawback;

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/* The part of a chart's look that follows the theme. */
clawback.theme = function () {
  const ink = dark.matches ? "#e6e9ec" : "#1b1f24";
  const line = dark.matches ? "#3a424a" : "#d4d9df";
  const paper = dark.matches ? "#14171a" : "#ffffff";
  const font = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
  return {
    background: paper,
    font,
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: ink, tickColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
    legend: { symbolBaseStrokeColor: ink, symbolBaseFillColor: ink, labelColor: ink, titleColor: ink, labelFontSize: 12 },
    title: { color: ink, subtitleColor: ink, anchor: "start", fontSize: 14 },
    text: { color: ink },
    view: { stroke: line },
    // what is unknown is grey: by default it would have the color of the least
    scale: { invalid: { color: { value: "#8a8f98" } } },
  };
};

/* Draw one chart in an element; the promise gives its view. title: what a screen reader says; else what the page says. */
clawback.draw = function (element, spec, rows, title) {
  const says = title || element.getAttribute("aria-label");
  const whole = { description: says, autosize: { type: "fit-x", contains: "padding" }, ...spec, datasets: { rows }, config: clawback.theme() };
  const options = { actions: false, renderer: "svg", mode: "vega-lite", tooltip: { theme: dark.matches ? "dark" : "light" } };
  return vegaEmbed(element, whole, options).then((result) => {
    const svg = element.querySelector("svg");
    if (svg) svg.setAttribute("aria-hidden", "true");
    // the chart library puts its own role and name on the element
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", says);
    element.removeAttribute("aria-roledescription");
    element.dataset.drawn = "yes";
    return result.view;
  });
};

/* Load a script of the release: data and shapes are scripts, since a page on a disk may not fetch files. */
clawback.script = function (address) {
  return new Promise((done, failed) => {
    const made = document.createElement("script");
    made.src = document.body.dataset.root + address;
    made.onload = done;
    made.onerror = () => failed(new Error(address + " cannot be loaded"));
    document.head.append(made);
  });
};

/* Text in lines of about so many letters, for the title of an image. */
function folded(text, letters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if ((lines[lines.length - 1] + " " + word).length > letters && lines[lines.length - 1]) lines.push("");
    lines[lines.length - 1] = (lines[lines.length - 1] + " " + word).trim();
  }
  return lines;
}

/* Hand out a chart as an image that carries its finding, its caveats and its source with it.
   spec: a chart of a fixed width, with its rows in it; about: title, source, caveats, name. */
clawback.saveImage = async function (spec, about, kind) {
  const foot = document.querySelector("footer p:last-child").textContent.replace("To cite: ", "");
  const under = [...about.caveats, about.source, foot].flatMap((text) => folded(text, 110));
  const whole = { ...spec, config: clawback.theme(), title: { text: folded(about.title, 85), subtitle: under, subtitleFontSize: 11 } };
  const { view } = await vegaEmbed(document.createElement("div"), whole, { actions: false, renderer: "svg", mode: "vega-lite" });
  const link = document.createElement("a");
  link.href = await view.toImageURL(kind, kind === "png" ? 2 : 1);
  link.download = about.name + "." + kind;
  link.click();
  view.finalize();
};

/* Rows as CSV: null is empty, and a text that a spreadsheet would run as a formula has a quote before it, as in the
   release's own files (reading.values, guarded). */
const RUNS = /^(?:[\s\u200b\u2060\ufeff\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b]|[\t\r])/;
clawback.csv = function (columns, rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = String(value);
    return '"' + (RUNS.test(text) && !/^-?[0-9]+(\.[0-9]+)?$/.test(text) ? "'" : "") + text.replaceAll('"', '""') + '"';
  };
  return [columns.join(","), ...rows.map((row) => columns.map((name) => cell(row[name])).join(","))].join("\n") + "\n";
};

/* The caveats that stand under a picture. */
clawback.caveats = (element) => [...element.querySelectorAll(".caveats li")].map((one) => one.textContent);

/* Let the buttons of a picture hand it out; chart(): its specification and what is said about it, when it is asked for. */
clawback.images = function (element, chart) {
  const images = element.querySelector(".images");
  images.hidden = false;
  for (const button of images.querySelectorAll("button")) {
    button.addEventListener("click", () => clawback.saveImage(...chart(), button.dataset.image));
  }
};

function pictures() {
  for (const figure of document.querySelectorAll("figure.picture")) {
    const stored = figure.querySelector("script.drawn");
    if (!stored) continue;
    const drawn = JSON.parse(stored.textContent);
    const element = figure.querySelector(".chart");
    const show = () => clawback.draw(element, drawn.spec, drawn.rows);
    show();
    dark.addEventListener("change", show);
    clawback.images(figure, () => [
      { ...drawn.spec, width: 640, datasets: { rows: drawn.rows } },
      { title: drawn.title, source: "Source: " + drawn.source, caveats: clawback.caveats(figure), name: figure.id.replace("picture-", "") },
    ]);
  }
}

/* A table of class "list": its heads sort it, an input that names it filters its rows, and of a long one the first rows
   are shown (List.js does all three). data-whole: it is shown whole, since links lead to its rows. */
const FIRST = 50;

function ordered(a, b, { valueName, order }) {
  const [one, other] = [a.values()[valueName], b.values()[valueName]];
  const numbers = one !== "" && other !== "" && !isNaN(one) && !isNaN(other);
  // what is not known comes last, however it is sorted
  if ((one === "") !== (other === "")) return (one === "" ? 1 : -1) * (order === "desc" ? -1 : 1);
  return numbers ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
}

clawback.list = function (table) {
  if (!table.tBodies[0].rows.length) return null;
  const heads = [...table.tHead.rows[0].cells];
  table.tBodies[0].classList.add("rows");
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, n) => {
      cell.classList.add("c" + n);
      cell.dataset.value ??= cell.textContent.trim();
    });
  }
  const names = heads.map((head, n) => ({ name: "c" + n, attr: "data-value" }));
  const every = table.tBodies[0].rows.length;
  const whole = table.dataset.whole !== undefined || (location.hash && table.querySelector("[id='" + CSS.escape(location.hash.slice(1)) + "']"));
  const made = new List(table, { listClass: "rows", valueNames: names, page: whole ? Math.max(every, 1) : FIRST, sortFunction: ordered });
  const more = document.createElement("button");
  const note = document.createElement("p");
  more.type = "button";
  note.className = "note more";
  const frame = table.closest(".scroll") || table;
  frame.after(note);
  const tell = () => {
    const [fit, shown] = [made.matchingItems.length, made.visibleItems.length];
    note.hidden = shown >= fit;
    more.textContent = "Show all " + fit.toLocaleString("en-US");
    note.replaceChildren(shown.toLocaleString("en-US") + " of " + fit.toLocaleString("en-US") + " rows are shown. ", more);
  };
  more.addEventListener("click", () => { made.show(1, Math.max(every, 1)); frame.focus(); });
  made.on("updated", tell);
  tell();
  heads.forEach((head, n) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      made.sort("c" + n, { order: falls ? "desc" : "asc" });
    });
  });
  window.addEventListener("beforeprint", () => made.show(1, Math.max(every, 1)));
  return made;
};

function lists() {
  const made = new Map([...document.querySelectorAll("table.list")].map((table) => [table, clawback.list(table)]));
  for (const input of document.querySelectorAll("input[data-filters]")) {
    const filtered = [...document.querySelectorAll(input.dataset.filters)].map((table) => made.get(table)).filter(Boolean);
    const said = document.getElementById(input.getAttribute("aria-describedby"));
    const filter = () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      // not List.js's own search, which finds no full stop and no comma
      const fits = (item) => wanted.every((word) => item.elm.textContent.toLowerCase().includes(word));
      for (const list of filtered) wanted.length ? list.filter(fits) : list.filter();
      const left = filtered.reduce((sum, list) => sum + list.matchingItems.length, 0);
      if (said) said.textContent = wanted.length ? left.toLocaleString("en-US") + (left === 1 ? " row fits" : " rows fit") : "";
    };
    input.value = (input.dataset.asked && new URLSearchParams(location.search).get(input.dataset.asked)) || "";
    input.addEventListener("input", filter);
    if (input.value) filter();
  }
}

/* A sign that a table is wider than its frame: the frame's edge is shaded, and a line says so (site.css). */
function scrolling() {
  for (const frame of document.querySelectorAll(".scroll")) clawback.watch(frame);
}

const watched = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const frame = target.closest(".scroll");
    frame.classList.toggle("wider", frame.scrollWidth > frame.clientWidth + 1);
  }
});
clawback.watch = (frame) => [frame, ...frame.children].forEach((one) => watched.observe(one));

pictures();
lists();
scrolling();
