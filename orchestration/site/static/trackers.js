/* Who lists whom on a day: the map of one tracker, and every tracker side by side.
   What belongs here: choosing among the release's listings by day. The rule is that of `clawback query listed`: a list says
   who is on it from its day on, until its next. */
"use strict";

(function () {
  let data, shapes, drawn;
  const asked = new URLSearchParams(location.search);
  const [TRACKER, STATE, LEVEL, NAME, SINCE, UNTIL, GEOID, KEY] = [0, 1, 2, 3, 4, 5, 6, 7];
  const MOST = 400;

  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  clawback.shapes = (value) => { shapes = value; };
  clawback.trackers = (value) => { data = value; document.readyState === "complete" ? begin() : window.addEventListener("load", begin); };

  const onDay = (day) => data.listed.filter((one) => one[SINCE] <= day && (!one[UNTIL] || one[UNTIL] > day));

  /* The list that a tracker's word about a state on a day comes from: [day, next day, is it a withdrawal]. */
  function listOf(tracker, state, day) {
    const days = ((data.days[tracker] || {})[state] || []).filter(([on, next]) => on <= day && (!next || next > day));
    const last = days[days.length - 1];
    return last && data.trackers[tracker].lasts === "its day" && last[0] < day ? undefined : last;
  }

  clawback.mapRows = function (tracker, day) {
    const counts = new Map();
    for (const one of onDay(day)) if (one[TRACKER] === tracker) counts.set(one[STATE], (counts.get(one[STATE]) || 0) + 1);
    return data.states.map(([fips, code, state]) => {
      const list = listOf(tracker, code, day);
      const listed = counts.get(code) ?? (list && data.trackers[tracker].holds !== "a part of the list" ? 0 : null);
      const says = listed === null ? "no list of that day is known" : list && list[2] === "true" ? "the list was withdrawn" : listed ? "names listed" : "no name listed";
      return { fips, code, state, listed, says, list_of: list ? list[0] : "" };
    });
  }

  async function map() {
    const tracker = document.getElementById("tracker").value;
    const day = document.getElementById("day").value;
    const rows = clawback.mapRows(tracker, day);
    const about = data.trackers[tracker];
    const known = rows.filter((row) => row.listed !== null);
    const names = known.reduce((sum, row) => sum + row.listed, 0);
    document.getElementById("finding").textContent = known.length
      ? about.tracker_name + ": " + names.toLocaleString("en-US") + " names in " + known.filter((row) => row.listed).length + " states on " + day
      : about.tracker_name + ": no list is known on " + day;
    document.getElementById("means").textContent = "Listed means: " + about.listed_means;
    const spec = JSON.parse(document.getElementById("spec-states").textContent);
    const { domainMin, ...scale } = spec.encoding.color.scale;
    spec.encoding.color.scale = { ...scale, domain: [domainMin, Math.max(1, ...known.map((row) => row.listed))] };
    spec.data = { values: shapes, format: spec.data.format };
    drawn = { ...spec, width: 640, datasets: { rows } };
    await clawback.draw(document.getElementById("chart-states"), spec, rows);
    const columns = ["code", "state", "listed", "says", "list_of"];
    const csv = [columns.join(","), ...rows.map((row) => columns.map((name) => '"' + String(row[name] ?? "") + '"').join(","))].join("\n") + "\n";
    const told = { title: document.getElementById("finding").textContent, day, tracker: about, cite: data.cite, rows };
    const file = (name, text, kind, label) => el("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })) }, label);
    document.getElementById("data").replaceChildren("Data: ", file(tracker + "-" + day + ".csv", csv, "text/csv", "CSV"), " ",
      file(tracker + "-" + day + ".json", JSON.stringify(told, null, 1), "application/json", "JSON, with its meaning"));
    document.body.dataset.ready = tracker + " " + day;
  }

  function matrix() {
    const day = document.getElementById("day").value;
    const wanted = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const withAgencies = document.getElementById("cooperates").checked;
    const shown = Object.entries(data.trackers).filter(([, about]) => withAgencies || about.verdict !== "cooperates").map(([code]) => code);
    const units = new Map();
    for (const one of onDay(day)) {
      if (!shown.includes(one[TRACKER])) continue;
      const key = one[GEOID] ? one[KEY] : one[STATE] + one[NAME];
      if (!units.has(key)) units.set(key, { first: one, by: new Set() });
      units.get(key).by.add(one[TRACKER]);
    }
    const rows = [...units.values()].filter(({ first }) => wanted.every((word) => (first[NAME] + " " + first[STATE] + " " + first[LEVEL]).toLowerCase().includes(word)));
    rows.sort((a, b) => b.by.size - a.by.size || (a.first[STATE] || "").localeCompare(b.first[STATE] || "") || a.first[NAME].localeCompare(b.first[NAME]));
    const table = document.getElementById("matrix");
    table.tHead.replaceChildren(el("tr", {}, el("th", { scope: "col" }, "Name"), el("th", { scope: "col" }, "State"), ...shown.map((code) => el("th", { scope: "col", title: data.trackers[code].tracker_name }, code.replaceAll("_", " ")))));
    table.tBodies[0].replaceChildren(...rows.slice(0, MOST).map(({ first, by }) => el("tr", {},
      el("td", {}, first[GEOID] ? el("a", { href: "place.html?state=" + first[STATE] + "&place=" + first[GEOID] }, first[NAME]) : first[NAME], " (" + first[LEVEL] + ")"),
      el("td", {}, first[STATE] || ""),
      ...shown.map((code) => el("td", {}, by.has(code) ? "listed" : listOf(code, first[STATE], day) ? "no" : "not known")))));
    document.getElementById("fits").textContent = rows.length.toLocaleString("en-US") + " places are on a list on " + day + (rows.length > MOST ? "; the first " + MOST + " are shown" : "");
  }

  function begin() {
    const tracker = document.getElementById("tracker");
    const day = document.getElementById("day");
    day.value = /^\d{4}-\d{2}-\d{2}$/.test(asked.get("day") || "") ? asked.get("day") : data.built;
    const codes = Object.keys(data.trackers);
    if (!codes.length) return;
    tracker.value = codes.includes(asked.get("tracker")) ? asked.get("tracker") : codes.includes("doj") ? "doj" : codes[0];
    const both = () => { if (day.value) { map(); matrix(); } };
    tracker.addEventListener("change", map);
    day.addEventListener("input", both);
    document.getElementById("filter").addEventListener("input", matrix);
    document.getElementById("cooperates").addEventListener("change", matrix);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", map);
    both();
    const section = document.getElementById("map");
    clawback.images(section, () => [drawn, { title: document.getElementById("finding").textContent, source: section.querySelector(".source").textContent,
      caveats: clawback.caveats(section), name: tracker.value + "-" + day.value }]);
  }
})();
