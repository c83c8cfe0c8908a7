/* The months of the agencies of a state, as a calendar: completeness.html?state=CA.
   What belongs here: choosing the agencies that are drawn. What is known of a month, the release says. */
"use strict";

(function () {
  const MOST = 40;
  const states = {};
  const asked = new URLSearchParams(location.search);
  const get = (id) => document.getElementById(id);
  const month = (n) => new Date(Date.UTC(1970, n, 1)).toISOString().slice(0, 10);
  let whole, rows;

  clawback.calendar = (state, agencies) => { states[state] = agencies; };

  function link(name, text, kind, label) {
    const made = document.createElement("a");
    Object.assign(made, { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })), textContent: label });
    return made;
  }

  async function draw(first) {
    const state = get("state").value;
    if (!states[state]) await clawback.script("data/calendar/" + state + ".js");
    const wanted = get("agency").value.toLowerCase().split(/\s+/).filter(Boolean);
    const fit = states[state].filter(([name, ori]) => wanted.every((word) => (name + " " + ori).toLowerCase().includes(word)));
    if (first) {
      const starts = Array.from({ length: Math.max(1, Math.ceil(fit.length / MOST)) }, (_, n) => n * MOST);
      get("part").replaceChildren(...starts.map((n) => new Option(fit.length ? n + 1 + " to " + Math.min(n + MOST, fit.length) : "none", n)));
    }
    const from = Number(get("part").value) || 0;
    const shown = fit.slice(from, from + MOST);
    const { held, registered } = get("state").selectedOptions[0].dataset;
    get("agencies-said").textContent = "Agencies of " + state + " with months in this release: " + Number(held).toLocaleString("en-US") +
      (Number(registered) ? ", in the FBI's register: " + Number(registered).toLocaleString("en-US") : "; no register of its agencies is held") +
      (wanted.length ? "; " + fit.length + (fit.length === 1 ? " fits." : " fit.") : ".");
    rows = shown.flatMap(([name, ori, runs]) => runs.map(([at, after, known]) => ({ agency: name + " (" + ori + ")", from: month(at), to: month(after), until: month(after - 1).slice(0, 7), known })));
    const spec = JSON.parse(get("spec-agencies").textContent);
    spec.height = 16 * Math.max(1, shown.length);
    const element = get("chart-agencies");
    element.hidden = !rows.length;
    whole = { ...spec, width: 640, datasets: { rows } };
    if (rows.length) await clawback.draw(element, spec, rows);
    get("agencies-table").tBodies[0].replaceChildren(...rows.map((one) => {
      const made = document.createElement("tr");
      for (const text of [one.agency, one.from.slice(0, 7), one.until, one.known]) made.insertCell().textContent = text;
      return made;
    }));
    const csv = clawback.csv(["agency", "first_month", "last_month", "known"],
      rows.map((one) => ({ agency: one.agency, first_month: one.from.slice(0, 7), last_month: one.until, known: one.known })));
    get("agencies-data").replaceChildren("Data: ", link("agencies-" + state + ".csv", csv, "text/csv", "CSV"), " ",
      link("agencies-" + state + ".json", JSON.stringify({ title: "Months of the agencies of " + state, caveats: clawback.caveats(get("agencies")),
        columns: { agency: "the agency, with its ORI", from: "first day", to: "day after the last", until: "last month", known: "what is known of its months" },
        cite: document.querySelector("footer .cite").textContent.replace("To cite: ", ""), rows }, null, 1), "application/json", "JSON, with its meaning"));
    document.body.dataset.ready = state;
  }

  if (!get("state")) return;
  window.addEventListener("load", () => {
    const options = [...get("state").options];
    const wanted = options.find((one) => one.value === asked.get("state")) || options.reduce((a, b) => (Number(b.dataset.held) > Number(a.dataset.held) ? b : a));
    get("state").value = wanted.value;
    get("state").addEventListener("change", () => draw(true));
    get("agency").addEventListener("input", () => draw(true));
    get("part").addEventListener("change", () => draw(false));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(false));
    draw(true);
    const section = get("agencies");
    clawback.images(section, () => [whole, { title: "Months of the agencies of " + get("state").value, source: section.querySelector(".source").textContent,
      caveats: clawback.caveats(section), name: "agencies-" + get("state").value }]);
  });
})();
