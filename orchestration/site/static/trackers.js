/* Who lists whom on a day: the map of one tracker, and every tracker side by side.
   What belongs here: choosing among the release's listings by day. The rule is that of `clawback query listed`: a list says
   who is on it from its day on, until its next. */
"use strict";

(function () {
  let data, drawn;
  const shapes = {};
  const asked = new URLSearchParams(location.search);
  const [TRACKER, STATE, LEVEL, NAME, SINCE, UNTIL, GEOID, KEY, COUNTIES] = [0, 1, 2, 3, 4, 5, 6, 7, 9];
  const MOST = 400;

  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  clawback.shapes = (name, value) => { shapes[name] = value; };
  clawback.trackers = (value) => { data = value; document.readyState === "complete" ? begin() : window.addEventListener("load", begin); };

  const onDay = (day) => data.listed.filter((one) => one[SINCE] <= day && (!one[UNTIL] || one[UNTIL] > day));

  /* The list that a tracker's word about a state on a day comes from: [day, next day, is it a withdrawal, lines of the state]. */
  function listOf(tracker, state, day) {
    const days = ((data.days[tracker] || {})[state] || []).filter(([on, next]) => on <= day && (!next || next > day));
    const last = days[days.length - 1];
    return last && data.trackers[tracker].lasts === "its day" && last[0] < day ? undefined : last;
  }

  clawback.mapRows = function (tracker, day) {
    return data.states.map(([fips, code, state]) => {
      const list = listOf(tracker, code, day);
      // of a list of which a part is held, no name is no answer
      const listed = list && (Number(list[3]) || data.trackers[tracker].holds !== "a part of the list") ? Number(list[3]) : null;
      const says = listed === null ? "no list of that day is known" : list[2] === "true" ? "the list was withdrawn" : listed ? "names listed" : "no name listed";
      return { fips, code, state, listed, says, list_of: list ? list[0] : "" };
    });
  }

  /* What the list says of each county that the Census draws: itself listed, its state listed, not, or nothing is known. */
  clawback.countyRows = function (tracker, day) {
    const codes = new Map(data.states.map(([fips, code]) => [fips, code]));
    const ofState = new Map(clawback.mapRows(tracker, day).map((row) => [row.code, row]));
    const named = new Map();
    const states = new Set();
    for (const one of onDay(day)) {
      if (one[TRACKER] !== tracker) continue;
      if (one[LEVEL] === "state") states.add(one[STATE]);
      for (const fips of one[COUNTIES] || []) named.set(fips, one[NAME]);
    }
    return shapes.counties.objects.counties.geometries.map(({ id, properties }) => {
      const code = codes.get(id.slice(0, 2));
      const state = ofState.get(code);
      const says = named.has(id) ? "listed" : states.has(code) ? "its state is listed" : state && state.listed !== null ? "not on the list" : "no list known";
      return { fips: id, county: properties.name + ", " + (code || id.slice(0, 2)), says, name: named.get(id) || "", list_of: state ? state.list_of : "" };
    });
  };

  function counted(count, one, many) {
    return count.toLocaleString("en-US") + " " + (count === 1 ? one : many);
  }

  /* A line of a list of agencies that cooperate is an agreement. */
  const ofAgreements = (about) => about.verdict === "cooperates";

  /* On which day the list was last seen: never a later one than its own. */
  function lastSeen(rows, day) {
    const last = rows.map((row) => row.list_of).filter(Boolean).sort().pop();
    return !last || last === day ? " on " + day : ", as last seen on " + last;
  }

  /* What the map of a kind shows: its rows, its finding, the columns that it hands out. */
  function ofStates(about, tracker, day) {
    const rows = clawback.mapRows(tracker, day);
    const known = rows.filter((row) => row.listed !== null);
    const seen = lastSeen(known, day);
    const lines = known.reduce((sum, row) => sum + row.listed, 0);
    const told = ofAgreements(about) ? counted(lines, "agreement", "agreements") : counted(lines, "name", "names");
    return { rows, columns: ["code", "state", "listed", "says", "list_of"], most: Math.max(1, ...known.map((row) => row.listed)),
      finding: known.length && told + " in " + counted(known.filter((row) => row.listed).length, "state", "states") + seen };
  }

  function ofCounties(about, tracker, day) {
    const rows = clawback.countyRows(tracker, day);
    const listed = rows.filter((row) => row.says === "listed").length;
    const drawn = new Set(rows.filter((row) => row.says === "listed").map((row) => row.fips));
    const without = onDay(day).filter((one) => one[TRACKER] === tracker && (one[COUNTIES] || []).length && !one[COUNTIES].some((fips) => drawn.has(fips)));
    const seen = lastSeen(rows.filter((row) => row.says !== "no list known"), day);
    return { rows, columns: ["fips", "county", "says", "name", "list_of"], without: without.map((one) => one[NAME] + ", " + one[STATE]),
      finding: rows.some((row) => row.says !== "no list known") && counted(listed, "county is", "counties are") + " listed" + seen + ", cities that are counties among them" };
  }

  /* The day of the withdrawal of a list that no longer names anybody; undefined if a list stands or none is known. */
  function withdrawal(tracker, day) {
    const known = clawback.mapRows(tracker, day).filter((row) => row.listed !== null);
    return known.every((row) => row.says === "the list was withdrawn") ? known.map((row) => row.list_of).sort().pop() : undefined;
  }

  const NOTHING = "nothing";

  async function map() {
    const tracker = document.getElementById("tracker").value;
    const day = document.getElementById("day").value;
    const kind = document.getElementById("shapes").value;
    if (!shapes[kind]) await clawback.script(kind + ".js");
    const about = data.trackers[tracker];
    const shown = (kind === "counties" ? ofCounties : ofStates)(about, tracker, day);
    const gone = withdrawal(tracker, day);
    const finding = about.tracker_name + ": " + (about.holds === NOTHING ? "this release holds nothing of it" : gone ? "the list was withdrawn by " + gone : shown.finding || "what it listed on " + day + " is not known: no list of that day is held");
    document.getElementById("finding").textContent = finding;
    document.getElementById("means").textContent = "Listed means: " + about.listed_means;
    const nothing = document.getElementById("nothing");
    nothing.hidden = about.holds !== NOTHING;
    const without = document.getElementById("without");
    without.hidden = !(shown.without || []).length;
    without.textContent = "Listed, but without a shape in the Census's boundaries of 2017: " + (shown.without || []).join("; ") + ".";
    const spec = JSON.parse(document.getElementById("spec-" + kind).textContent);
    if (kind === "states") {
      const { domainMin, ...scale } = spec.encoding.color.scale;
      spec.encoding.color.scale = { ...scale, domain: [domainMin, shown.most] };
      if (ofAgreements(about)) spec.encoding.color.title = "agreements listed";
    }
    spec.data = { values: shapes[kind], format: spec.data.format };
    drawn = { ...spec, width: 640, datasets: { rows: shown.rows } };
    await clawback.draw(document.getElementById("chart-map"), spec, shown.rows);
    const csv = clawback.csv(shown.columns, shown.rows);
    const told = { title: finding, day, tracker: about, caveats: clawback.caveats(document.getElementById("map")), columns: MEANS[kind], cite: data.cite, rows: shown.rows };
    const file = (name, text, type, label) => el("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) }, label);
    const name = tracker + "-" + day + (kind === "counties" ? "-counties" : "");
    document.getElementById("data").replaceChildren("Data: ", file(name + ".csv", csv, "text/csv", "CSV"), " ",
      file(name + ".json", JSON.stringify(told, null, 1), "application/json", "JSON, with its meaning"));
    document.body.dataset.ready = tracker + " " + day + (kind === "counties" ? " counties" : "");
  }

  /* What the columns of the maps' data mean. */
  const MEANS = {
    states: { fips: "the state's code of the Census", code: "postal code", state: "name", listed: "lines of the list in the state (on ICE's list of 287(g) agencies, agreements); null: no list of the day is known",
      says: "what the list says, in words", list_of: "day of the list that says so" },
    counties: { fips: "the county's code of the Census (GEOID)", county: "name and state", says: "what the list says of the county",
      name: "as the list prints it", list_of: "day of the list that says so" },
  };

  function matrix() {
    const day = document.getElementById("day").value;
    const wanted = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const withAgencies = document.getElementById("cooperates").checked;
    const shown = Object.entries(data.trackers).filter(([, about]) => about.holds !== NOTHING && (withAgencies || !ofAgreements(about))).map(([code]) => code);
    const units = new Map();
    for (const one of onDay(day)) {
      if (!shown.includes(one[TRACKER])) continue;
      const key = one[GEOID] ? one[KEY] : one[STATE] + one[NAME];
      if (!units.has(key)) units.set(key, { first: one, by: new Set(), entries: 0 });
      units.get(key).by.add(one[TRACKER]);
      units.get(key).entries += 1;
    }
    const rows = [...units.values()].filter(({ first }) => wanted.every((word) => (first[NAME] + " " + first[STATE] + " " + first[LEVEL]).toLowerCase().includes(word)));
    rows.sort((a, b) => b.by.size - a.by.size || (a.first[STATE] || "").localeCompare(b.first[STATE] || "") || a.first[NAME].localeCompare(b.first[NAME]));
    const table = document.getElementById("matrix");
    table.tHead.replaceChildren(el("tr", {}, el("th", { scope: "col" }, "Name"), el("th", { scope: "col" }, "State"), ...shown.map((code) => head(code, day))));
    table.tBodies[0].replaceChildren(...rows.slice(0, MOST).map(({ first, by }) => el("tr", {},
      el("td", {}, first[GEOID] ? el("a", { href: "place.html?state=" + first[STATE] + "&place=" + first[GEOID] }, first[NAME]) : first[NAME], " (" + first[LEVEL] + ")"),
      el("td", {}, first[STATE] || ""),
      ...shown.map((code) => el("td", {}, by.has(code) ? "listed" : stands(listOf(code, first[STATE], day)))))));
    document.getElementById("fits").textContent = counts(rows, shown, day) + (rows.length > MOST ? ". The first " + MOST + " are shown" : "") + ".";
  }

  /* What a list says of a place that it does not name; a list that was withdrawn says nothing any more. */
  function stands(list) {
    return !list ? "not known" : list[2] === "true" ? "withdrawn" : "no";
  }

  /* A tracker by its short name, and the day of the list that speaks on the chosen day. */
  function head(code, day) {
    const lists = Object.keys(data.days[code] || {}).map((state) => listOf(code, state, day)).filter(Boolean);
    const last = lists.map(([on]) => on).sort().pop();
    const seen = lists.every((list) => list[2] === "true") ? "withdrawn " : last === day ? "of " : "last seen ";
    return el("th", { scope: "col", title: data.trackers[code].tracker_name }, data.short[code] || data.trackers[code].tracker_name, el("br"),
      el("span", { class: "note" }, last ? seen + last : "no list of the day"));
  }

  /* How many places the lists of the day name. A list may name a place under two headings, and names that match no place. */
  function counts(rows, shown, day) {
    const lists = shown.flatMap((code) => Object.keys(data.days[code] || {}).map((state) => listOf(code, state, day))).filter((list) => list && list[2] !== "true").map(([on]) => on).sort();
    if (!lists.length && !rows.length) return "How many places are on a list on " + day + " is not known: no list of that day is held";
    const places = rows.filter(({ first }) => first[GEOID]).length;
    const entries = rows.reduce((sum, { entries: of }) => sum + of, 0);
    const last = lists.pop();
    const seen = !last || last === day ? " on " + day : ", as last seen on " + last;
    const unmatched = rows.length - places;
    return counted(places, "place is", "places are") + " on a list" + seen +
      (unmatched ? ", and " + counted(unmatched, "printed name that is matched to no place", "printed names that are matched to no place") : "") +
      (entries !== rows.length ? " (" + counted(entries, "entry", "entries") + " in all: several lists, or one list under two headings, name the same place)" : "");
  }

  function begin() {
    const tracker = document.getElementById("tracker");
    const day = document.getElementById("day");
    day.value = /^\d{4}-\d{2}-\d{2}$/.test(asked.get("day") || "") ? asked.get("day") : data.built;
    const codes = Object.keys(data.trackers);
    if (!codes.length) return;
    tracker.value = codes.includes(asked.get("tracker")) ? asked.get("tracker") : codes.includes("doj") ? "doj" : codes[0];
    const both = () => { if (day.value) { map(); matrix(); } };
    const kind = document.getElementById("shapes");
    kind.value = asked.get("shapes") === "counties" ? "counties" : "states";
    kind.addEventListener("change", map);
    tracker.addEventListener("change", map);
    day.addEventListener("input", both);
    document.getElementById("filter").addEventListener("input", matrix);
    document.getElementById("cooperates").addEventListener("change", matrix);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", map);
    both();
    const section = document.getElementById("map");
    clawback.images(section, () => [drawn, { title: document.getElementById("finding").textContent, source: section.querySelector(".source").textContent,
      caveats: clawback.caveats(section), name: tracker.value + "-" + day.value + (kind.value === "counties" ? "-counties" : "") }]);
  }
})();
