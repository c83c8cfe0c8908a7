/* What every page does: draw its pictures, hand them out as images, sort and filter its tables.
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
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12 },
    title: { color: ink, subtitleColor: ink, anchor: "start", fontSize: 14 },
    text: { color: ink },
    view: { stroke: line },
    // what is unknown is grey: by default it would have the color of the least
    scale: { invalid: { color: { value: "#8a8f98" } } },
  };
};

/* Draw one chart in an element; the promise gives its view. */
clawback.draw = function (element, spec, rows) {
  const whole = { autosize: { type: "fit-x", contains: "padding" }, ...spec, datasets: { rows }, config: clawback.theme() };
  const options = { actions: false, renderer: "svg", mode: "vega-lite", tooltip: { theme: dark.matches ? "dark" : "light" } };
  return vegaEmbed(element, whole, options).then((result) => {
    const svg = element.querySelector("svg");
    if (svg) svg.setAttribute("aria-hidden", "true");
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

/* A table of class "list": its heads sort it, and an input that names it filters its rows. */
function lists() {
  for (const table of document.querySelectorAll("table.list")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
        const compare = (a, b) => value(a).localeCompare(value(b), "en", { numeric: true });
        const rows = [...body.rows].sort(falls ? (a, b) => compare(b, a) : compare);
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        body.append(...rows);
      });
    });
  }
  for (const input of document.querySelectorAll("input[data-filters]")) {
    const tables = [...document.querySelectorAll(input.dataset.filters)];
    const said = document.getElementById(input.getAttribute("aria-describedby"));
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of tables.flatMap((table) => [...table.tBodies[0].rows])) {
        const text = row.textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
        left += row.hidden ? 0 : 1;
      }
      if (said) said.textContent = wanted.length ? left + " rows fit" : "";
    });
  }
}

pictures();
lists();
