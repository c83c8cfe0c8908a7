/* A place's page. The address names the place: place.html?place=1714000.
   What belongs here: choosing among the release's rows and laying them out. Nothing is computed but which rows hold on a day. */
"use strict";

(function () {
  const asked = new URLSearchParams(location.search);

  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }

  function link(address, text) {
    if (!/^https?:\/\//.test(address || "")) return text || address || "";
    return el("a", { href: address, rel: "external noreferrer" }, text || address);
  }

  /* A text whose addresses are links. */
  function linked(text) {
    const parts = (text || "").split(/(https?:\/\/[^\s<>"')]+[^\s<>"').,;])/);
    return el("span", {}, ...parts.map((part, n) => (n % 2 ? link(part) : part)));
  }

  const words = (text) => (text || "").replaceAll("_", " ");
  const number = (value) => (value === null || value === undefined ? "not known" : Number(value).toLocaleString("en-US"));
  const dollars = (value) => (value === null || value === undefined ? "not known" : (value < 0 ? "-$" : "$") + Math.abs(Math.round(value)).toLocaleString("en-US"));

  const script = clawback.script;

  clawback.index = ({ rows }) => { clawback.data.index = rows; };
  clawback.common = (value) => { clawback.data.common = value; };
  clawback.shard = (name, value) => { clawback.data[name] = value; };
  clawback.shapes = (name, value) => { clawback.data[name] = value; };

  /* ---- one place ---- */

  let place, shard, common, postal;

  const payloadsOf = (numbers) => [...new Set([numbers].flat())].map((one) => shard.payloads[one]).filter(Boolean);
  const FULL = 40;
  /* The data sets of payloads, each with the terms under which it may be passed on. */
  const sourcesOf = (numbers) => [...new Set(payloadsOf(numbers).map((it) => it.dataset))].map((dataset) => {
    const [title, homepage, license] = common.sources[dataset] || [words(dataset), "", "not known"];
    return { dataset: dataset.replace("__", "/"), title, homepage, license };
  });

  /* Where figures are from: publisher, address, time, digest; of a single row its record, too. */
  function origin(numbers, record, trace) {
    const all = payloadsOf(numbers);
    if (!all.length) return "";
    const [it] = all;
    const list = all.length === 1 ? [
      el("li", {}, it.publisher + " (" + it.kind + "), " + words(it.dataset.replaceAll("__", ": "))),
      el("li", {}, "address: ", link(it.url)),
      el("li", {}, "as of " + String(it.retrieved).slice(0, 16)),
      el("li", {}, "sha256 ", el("code", {}, it.sha256 || "not known"), it.kind === "transcribed" ? " " + common.own_file : ""),
      record ? el("li", {}, "record " + record + " of capture ", el("code", {}, it.capture)) : null,
    ] : all.slice(0, FULL).map((one) => el("li", {}, one.publisher + " (" + one.kind + ", as of " + String(one.retrieved).slice(0, 10) + "): ", link(one.url), " sha256 ", el("code", {}, one.sha256 || "not known")));
    return el("details", {}, el("summary", {}, "Where is this from?"), el("ul", { class: "note" }, ...list.filter(Boolean),
      all.length > FULL ? el("li", {}, "and " + number(all.length - FULL) + " more payloads") : "",
      trace ? el("li", {}, "to prove it: ", el("code", {}, "clawback trace " + trace)) : ""));
  }

  /* A line to cite, as `clawback cite` writes it: what, the release, whose bytes, when they came, their sha256. */
  clawback.citation = function (what, numbers, source, publisher) {
    // the document that the row cites, and the first address in it
    const address = ((source || "").match(/https?:\/\/[^\s;,()]+/) || [null])[0];
    const lines = payloadsOf(numbers).map((it) => {
      const [title, home] = common.sources[it.dataset] || [words(it.dataset), ""];
      const typed = it.kind === "transcribed", day = String(it.retrieved).slice(0, 10);
      /* What was typed was not sent by the address that the live edition asks. */
      const shown = (url) => /^http/.test(url || "") && !(typed && (url.includes("{") || new RegExp("^" + common.api).test(url.split("/")[2])));
      const url = (typed && address) || [it.url, home].find(shown);
      return ((typed && publisher) || it.publisher) + ": " + title + (url ? ", " + url : "") + (typed && source && source !== url ? ", " + source : "") + ", " + (common.kinds[it.kind] || "retrieved") + (typed ? ", dated " : " ") + day +
        (typed && it.note ? " (" + it.note + ")" : "") + (it.sha256 ? ", sha256 " + it.sha256 + (typed ? " (" + common.own_file + ")" : "") : "");
    });
    const more = lines.length > 5 ? "; and " + number(lines.length - 5) + " more payloads of these publishers" : "";
    return what.replace(/\.$/, "") + ". In: " + common.cite + (lines.length ? " From: " + lines.slice(0, 5).join("; ") + more + "." : "");
  };

  function cite(what, numbers, source, publisher) {
    return el("details", {}, el("summary", {}, "Cite"), el("p", { class: "note cited" }, clawback.citation(what, numbers, source, publisher)));
  }

  /* What can be opened on the page, in a few words for paper. */
  function inShort(numbers, publisher) {
    const [it, ...more] = payloadsOf(numbers);
    return it ? el("span", { class: "on-paper" }, ((it.kind === "transcribed" && publisher) || it.publisher) + ", as of " + String(it.retrieved).slice(0, 10) + (more.length ? ", and " + number(more.length) + " more payloads" : "")) : "";
  }

  /* All three, for the last column of a table. */
  const from = (what, numbers, record, trace, source, publisher) => el("span", {}, origin(numbers, record, trace), cite(what, numbers, source, publisher), inShort(numbers, publisher));

  function table(caption, heads, rows) {
    const frame = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      el("table", {},
        el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", { class: /^\d{4}-\d{2}-\d{2}$/.test(cell) ? "day" : null }, cell)))))));
    clawback.watch(frame);
    return frame;
  }

  function part(id, ...content) {
    const section = document.getElementById(id);
    section.querySelector(".content").replaceChildren(...content.filter(Boolean));
  }

  function when(event) {
    if (!event.from) return "date not known";
    if (event.precision === "day" || event.from === event.to) return event.from;
    return event.precision === "year" ? event.from.slice(0, 4) : event.precision === "month" ? event.from.slice(0, 7) : event.from + " to " + (event.to || "?");
  }

  function ofState() {
    return shard.state && shard.state !== place.id ? shard.places[shard.state] : null;
  }

  /* Awards as their publishers announced them: beside the captured ones, never added to them. */
  function announced() {
    const rows = place.announced || [];
    if (!rows.length) return [];
    return [
      el("h3", {}, "As announced"),
      el("p", {}, number(rows.length) + (rows.length === 1 ? " award was" : " awards were") + " announced, by those named here. An announced amount is not what was obligated or paid, and it is not to be added to the captured awards: both may be of one award."),
      table("Announced awards", ["Announced", "Program", "Amount announced", "Officers announced", "By", "Captured as", "Source"], rows.map((one) => [
        one.on ? when({ from: one.on, precision: one.precision }) : "date not known",
        words(one.program) + (one.fiscal_year ? ", FY" + one.fiscal_year : ""),
        dollars(one.amount) + (one.rounded ? ", a rounded figure" : ""),
        number(one.officers),
        el("span", {}, one.by + ", of an award to " + one.agency, el("br"), linked(one.source)),
        one.fain || "none, or nobody can tell which",
        from("Award announced by " + one.by + ", " + place.name, one.payload, one.record, "core.fct_announced_award " + one.key, one.source, one.by),
      ])),
    ];
  }

  function awards() {
    const rows = place.awards || [];
    const told = announced();
    if (!rows.length) {
      part("awards", el("p", { class: "unknown" }, "No award of this place is captured from USAspending. That does not mean that it has none: this release holds a part of all awards." + (told.length ? " What was announced is below." : "")), ...told);
      return;
    }
    part("awards",
      el("p", {}, number(rows.length) + (rows.length === 1 ? " captured award" : " captured awards") + ". There may be more that are not captured."),
      table("Awards", ["Award", "Program", "From, to", word("Obligated", "obligation"), word("Outlayed", "outlay"), "Source"], rows.map((one) => [
        el("span", {}, link("https://www.usaspending.gov/award/" + encodeURIComponent(one.unique_key), one.fain), el("br"), one.recipient),
        words(one.program) + (one.listing && one.listing !== "unknown" ? ", " + one.listing : "") + (one.fiscal_year ? ", FY" + one.fiscal_year : ""),
        (one.from || "?") + " to " + (one.to || "?"),
        dollars(one.obligated),
        dollars(one.outlayed) + (one.outlay_as_of && one.outlayed !== null ? " as of " + one.outlay_as_of : ""),
        from("Award " + one.fain + " of " + place.name, one.payload, one.record, "core.fct_award fain=" + one.fain, "https://www.usaspending.gov/award/" + one.unique_key),
      ])),
      ...told);
  }

  /* How good a source is, in words. */
  const STANDING = { sourced: "in full by", partial: "in part by", unsourced: "no source is found", "council record": "the council's own record" };

  function events() {
    const row = (who) => (one) => [
      when(one),
      words(one.event) + ": " + [one.instrument, one.number].filter(Boolean).join(" "),
      one.provision === "general" ? "in general" : (common.provisions[one.provision] || [words(one.provision)])[0],
      el("span", {}, el("em", {}, (STANDING[one.status] || one.status) + ": "), linked(one.source), one.note ? el("br") : null, one.note || ""),
      from([words(one.event), one.number || one.instrument].filter(Boolean).join(" ") + ", " + who.name, one.payload, one.record, "core.fct_policy_event " + one.key, one.source),
    ];
    const heads = ["When", "What", "On", "Who says so", "Source"];
    const own = place.events || [];
    const state = ofState();
    part("events",
      own.length ? table("Laws and cases", heads, own.map(row(place))) :
        el("p", { class: "unknown" }, "No legal event of this place is known to this release. Unknown does not mean none."),
      state && state.events ? el("h3", {}, "Of the state") : null,
      state && state.events ? table("Laws and cases of the state", heads, state.events.map(row(state))) : null);
  }

  /* What a tracker says of the place on a day: the same answer as `clawback query on_which_lists`. */
  clawback.saysOn = function (tracker, day) {
    const about = common.trackers[tracker];
    const days = ((shard.snapshots || {})[tracker] || []).filter(([on, next]) => on <= day && (!next || next > day));
    const snapshot = days[days.length - 1];
    const by = { by: snapshot ? snapshot[0] : "", next: snapshot ? snapshot[1] : "", list: snapshot ? snapshot[3] : null };
    const listed = (place.listed || []).filter((one) => one.tracker === tracker && one.from <= day && (!one.to || one.to > day));
    if (listed.length) {
      const names = [...new Set(listed.map((one) => one.level + ": " + one.name))];
      return { answer: "listed: " + about.verdict, means: about.listed_means, as: names.join("; "), payload: listed.map((one) => one.payload), ...by };
    }
    let answer = "not listed";
    if (place.level === "nation") answer = "does not apply: a list names parts of the nation";
    else if (about.holds === "a part of the list") answer = "not known: a part of the list is captured";
    else if (postal === "US") answer = "not known: its state is not known";
    else if (!snapshot) answer = "no list of its state by then";
    else if (about.lasts === "its day" && snapshot[0] < day) answer = "no list of that day";
    else if (snapshot[2] === "true") answer = "not listed: the list was withdrawn";
    // what not being on the list means is said of a list that stands, not of one that was withdrawn
    const named = (place.listed || []).some((one) => one.tracker === tracker && one.to && one.to <= snapshot?.[0]);
    const withdrawn = "The list " + (named ? "named the place" : "did not name the place") + " before it was withdrawn.";
    const means = answer === "not listed" ? about.not_listed_means : answer.startsWith("not listed") ? withdrawn : "";
    return { answer, means, ...by };
  };

  /* Where the answers on a provision are from: the place's own, and the state's. */
  const ofLaw = (name, day, rows) => rows.length ? from(name + " in " + place.name + " on " + day, rows.map((one) => one.payload), rows.length === 1 ? rows[0].record : null, "core.fct_policy_status " + rows[0].key) : "no source is held";

  function says(day) {
    const rows = Object.entries(common.trackers).map(([code, about]) => {
      const said = clawback.saysOn(code, day);
      return [
        link(about.homepage, about.tracker_name), said.answer,
        el("span", {}, said.as || "", said.as ? el("br") : null, said.means || ""),
        said.by ? "list of " + said.by + (said.next ? ", next of " + said.next : day > said.by ? ", the last one seen" : "") : "",
        said.payload || said.list ? from("What " + about.tracker_name + " says of " + place.name + " on " + day, said.payload || said.list) : place.level === "nation" ? "" : about.holds === "nothing" || postal === "US" ? "nothing that says so is held" : "no list of its state is held",
      ];
    });
    const held = (who) => ((who && who.statuses) || []).filter((one) => one.from <= day && (!one.to || one.to > day));
    const own = new Map(held(place).map((one) => [one.provision, one]));
    const state = new Map(held(ofState()).map((one) => [one.provision, one]));
    const provisions = Object.entries(common.provisions).map(([code, [name, meaning]]) => [
      el("span", { title: meaning }, name),
      (own.get(code) || {}).status || "unknown",
      words((own.get(code) || {}).by) || "no cited source says anything",
      state.has(code) ? state.get(code).status + " (" + words(state.get(code).by) + ")" : "",
      ofLaw(name, day, [own.get(code), state.get(code)].filter(Boolean)),
    ]);
    part("says-table",
      table("Lists on " + day, ["Tracker", "Says", "Which means", "By", "Source"], rows),
      el("h3", {}, "Provisions of law, as far as a source says so"),
      table("Provisions on " + day, ["Provision", "Of the place", "By", "Of the state", "Source"], provisions));
  }

  /* Until when a name was on a list. Of a list of one day nobody knows more than the day: its end is no delisting. */
  const ENDS = { "listed under another name": ", then under another name", "list withdrawn": ": by then the list was withdrawn" };
  function until(one) {
    if (!one.to) return "still listed on " + one.seen;
    return one.because === "nothing known after" ? "not known: nothing is known after " + one.seen : one.to + (ENDS[one.because] || "");
  }

  function listings() {
    const rows = place.lists || [];
    part("lists", rows.length ? table("Listings", ["List", "As printed", "From", "Until", "Source"], rows.map((one) => [
      common.trackers[one.tracker].tracker_name,
      one.name + " (" + one.level + ")" + (one.kind ? ", " + one.kind : ""),
      // of a list that speaks of its own day, the day before is not known, be it the first that is held or not
      one.since || (common.trackers[one.tracker].lasts === "its day" ? "on the list of " : "on the first captured list, of ") + one.from,
      until(one),
      from("Listing of " + one.name + ", " + common.trackers[one.tracker].tracker_name, one.payload, one.record, "core.fct_tracker_listing " + one.key),
    ])) : el("p", { class: "unknown" }, "No captured list names this place. A list that is not captured may."));
  }

  function agencies() {
    const rows = (place.agencies || []).filter(Boolean);
    const filed = rows.some((one) => one[9]);
    const named = (one) => one[2] + (one[1] ? " (" + one[1] + ")" : ", not in the FBI's register held here");
    part("agencies", rows.length ? table("Agencies", ["Agency", "Kind", el("span", {}, word("NIBRS", "nibrs"), " since"), "Months held", "Months with every offense counted", "Its figures cover", filed && "Incident files held (years)", "Source"].filter(Boolean), rows.map((one) => [
      named(one), one[3] || "", one[4] || "not known", one[5] || "none",
      one[5] ? one[6] + " of " + one[5] : "", one[5] ? one[8] : "",
      ...(filed ? [one[9] ? one[9] + ": " + one[11] + " of " + one[10] + " months held count as sent" : "none"] : []),
      from(named(one) + (one[5] ? ", its months" : ""), [one[7] || [], ...(one[12] || "").split(" ").filter(Boolean), ...(place.months || []).filter((of) => of.agency === one[0]).map((of) => of.payloads)].flat()),
    ])) : el("p", { class: "unknown" }, "No agency in the FBI's register is matched to this place."),
    filed ? el("p", { class: "note" }, "Months are those of the FBI's Crime Data Explorer. Incident files hold victims by group, month of the incident and offense: ",
      el("a", { href: "reporting.html" }, "Reporting"), " compares them, and ", el("code", {}, "clawback query agency_reporting"), " asks for a place.") : "");
  }

  /* ---- the time axis ---- */

  function known(coverage) {
    if (coverage === "reported" || coverage === "complete") return "counted";
    if (coverage.startsWith("partial")) return "counted in part";
    if (coverage.startsWith("negative")) return "negative count";
    return coverage.startsWith("suspect") ? "suspect" : "unknown";
  }

  const month = (n) => new Date(Date.UTC(1970, n, 1)).toISOString().slice(0, 10);

  /* Every series of crime that is held: how it is called, its points in time, where they are from. */
  function allSeries() {
    const names = new Map((place.agencies || []).map((one) => [one[0], one[2]]));
    const found = [];
    for (const one of place.months || []) {
      const points = [];
      let last = null;
      for (const [at, offenses, coverage, series, why] of one.rows) {
        for (let gap = last === null ? at : last + 1; gap < at; gap++) points.push({ at: gap, offenses: null, coverage: "no figure held", series: null, why: null });
        points.push({ at, offenses, coverage: common.words[coverage], series: common.words[series], why });
        last = at;
      }
      found.push({
        offense: one.offense, payloads: one.payloads, unit: "month",
        name: (names.get(one.agency) || "the police") + ", by month",
        points: points.map((p) => ({ ...p, when: month(p.at), until: month(p.at + 1), label: month(p.at).slice(0, 7) })),
      });
    }
    for (const printed of place.years || []) {
      for (const [offense, series, counts, breaks, uncounted] of printed.series) {
        const why = new Map(breaks || []);
        const not = new Map(uncounted || []);
        const points = counts.map((offenses, n) => {
          const year = common.first_year + n;
          const coverage = offenses !== null ? "complete" : not.has(year) ? common.words[not.get(year)] : "no row printed";
          return { offenses, coverage, series: common.words[series], why: why.has(year) ? why.get(year) : null,
            when: year + "-01-01", until: year + 1 + "-01-01", label: String(year) };
        });
        found.push({ offense, payloads: printed.payloads, unit: "year", points,
          name: printed.place + ", by year (" + common.words[series] + ")" });
      }
    }
    for (const one of found) one.title = (common.offenses[one.offense] || one.offense) + ": " + one.name;
    const order = ["HOM", "ROB", "RPE", "ASS"];
    const place_of = (one) => (order.includes(one.offense) ? order.indexOf(one.offense) : 9);
    return found.sort((a, b) => (a.unit === b.unit ? 0 : a.unit === "month" ? -1 : 1) || place_of(a) - place_of(b));
  }

  /* The rows of a series as drawn: a new part of the line where it breaks, changes its series or has no count. */
  function drawn(points) {
    let piece = 0;
    let before = null;
    return points.map((point) => {
      if (point.why !== null || point.offenses === null || (before && (before.series !== point.series || before.offenses === null))) piece += 1;
      before = point;
      return { when: point.when, until: point.until, label: point.label, offenses: point.offenses, coverage: point.coverage,
        known: known(point.coverage), series: point.series, part: piece, strip: "known",
        note: point.why !== null && point.why >= 0 ? common.words[point.why] : point.why !== null ? "the series breaks here" : "" };
    });
  }

  /* A span of fewer days is drawn as a point, which can be seen. */
  const SHORT = 45 * 86400 * 1000;

  /* The points with those before and after them on the axis, of which nothing is held: unknown is drawn as unknown. */
  function padded(series, [start, end]) {
    const point = (year, n) => (series.unit === "year"
      ? { when: year + "-01-01", until: year + 1 + "-01-01", label: String(year) }
      : { when: month(n), until: month(n + 1), label: month(n).slice(0, 7) });
    const at = (day) => (series.unit === "year" ? Number(day.slice(0, 4)) : 12 * (Number(day.slice(0, 4)) - 1970) + Number(day.slice(5, 7)) - 1);
    const gap = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, n) => ({ ...point(from + n, from + n), offenses: null, coverage: "no figure held", series: null, why: null }));
    const points = series.points;
    // the year or month in which the release is built is not over
    return [...gap(at(start), at(points[0].when)), ...points, ...gap(at(points[points.length - 1].until), at(end))];
  }

  /* What is laid over the same axis: events, the state's, listings, awards. */
  function tracks() {
    const rows = [];
    const add = (track, label, from, to, until) => {
      if (from) rows.push({ track, label, from, to: to || from, is_span: Boolean(to) && Date.parse(to) - Date.parse(from) > SHORT, until: until || to || from });
    };
    for (const [track, who] of [["laws, cases", place], ["of the state", ofState()]]) {
      for (const one of (who && who.events) || []) add(track, words(one.event) + ": " + [one.instrument, one.number].filter(Boolean).join(" "), one.from, null, when(one));
    }
    for (const [track, who] of [["lists", place], ["of the state", ofState()]]) {
      for (const one of (who && who.lists) || []) {
        if (who !== place && common.trackers[one.tracker].verdict === "cooperates") continue;
        add(track, common.trackers[one.tracker].tracker_name, one.from, one.to || one.seen, until(one));
      }
    }
    for (const one of place.announced || []) add("awards", "announced: " + dollars(one.amount) + ", " + words(one.program), one.on, null, when({ from: one.on, precision: one.precision }));
    for (const one of place.awards || []) add("awards", one.fain + ", " + dollars(one.obligated) + " obligated", one.from, one.to);
    return rows;
  }

  function spanOf(overlay, series) {
    const starts = [...overlay.map((row) => row.from), ...(series ? series.points.map((point) => point.when) : [])];
    const first = starts.length ? starts.reduce((a, b) => (a < b ? a : b)) : "2010-01-01";
    return [first < "2008-01-01" ? "2008-01-01" : first, common.built];
  }

  function spec(name, span) {
    const stored = JSON.parse(document.getElementById("spec-" + name).textContent);
    const [domainMin, domainMax] = span.map((day) => Date.parse(day + "T00:00:00Z"));
    const scale = { domainMin, domainMax, type: "utc" };
    for (const layer of stored.layer || [stored]) layer.encoding.x.scale = scale;
    return stored;
  }

  function download(name, text, kind) {
    return el("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })) }, name.endsWith("csv") ? "CSV" : "JSON, with its meaning");
  }

  /* What the columns of a place's data mean, and in which unit they are. */
  const MEANS = {
    rows: {
      when: "first day of the month or year", until: "day after its last", label: "the month or year, as people write it",
      offenses: "offenses reported to the police; unit: count; null: not known, which is not zero",
      coverage: "what the count stands for", known: "the same in a few words, as drawn", series: "the way of counting; two series are never added or compared",
      part: "piece of the line: values of two pieces are not compared", strip: "the same for every row: where coverage is drawn",
      note: "why the series breaks here; empty if it does not",
    },
    overlay: {
      track: "laws and cases, those of the state, lists, or awards", label: "what it is; amounts in US dollars", from: "first day, or the first that it may have been",
      to: "last day that is drawn", is_span: "whether a span of days is drawn, or a point", until: "the end, in words",
    },
  };

  const SAYS = { timeline: "laws, lists and awards over time, as in the tables below", crime: "offenses reported over time", coverage: "what is known of each month or year" };

  /* A word, linked to its meaning. */
  const word = (text, entry) => el("a", { class: "word", href: "methods/glossary.html#word-" + entry }, text);

  async function axis() {
    const all = allSeries();
    const overlay = tracks();
    const choice = document.getElementById("series");
    choice.replaceChildren(...all.map((one, n) => el("option", { value: n }, one.title)));
    choice.closest("div").hidden = !all.length;
    // of a place without a line of offenses nothing is said of them
    if (!all.length) {
      for (const one of document.querySelectorAll("#axis .caveats [data-of='crime']")) one.remove();
      document.querySelector("#axis .source").textContent = "Source: of the lists, laws and awards as below.";
    }
    let whole;
    async function draw() {
      const series = all[Number(choice.value) || 0];
      const span = spanOf(overlay, series);
      const early = overlay.filter((row) => (row.is_span ? row.to : row.from) < span[0]).length;
      const rows = series ? drawn(padded(series, span)) : [];
      const held = series ? series.points.length : 0;
      const counted = rows.filter((row) => row.known === "counted").length;
      document.getElementById("axis-title").textContent = series
        ? series.title + ". " + number(counted) + " of " + number(held) + " " + series.unit + (held === 1 ? "" : "s") + (counted === 1 ? " is" : " are") + " counted, " + (series.unit === "year" ? "of those of the printed tables." : "from its first to its last.")
        : (place.agencies || []).some((one) => one && one[9])
          ? "No months or years of offenses are held of this place. Victims in incident files are: see its agencies below."
          : "No crime figure of this place is held.";
      const charts = [["timeline", overlay], ["crime", rows.some((row) => row.offenses !== null) ? rows : []], ["coverage", rows]].map(([name, data]) => [name, data, spec(name, span)]);
      // a layer without rows has no extent, of which the chart library warns
      const timeline = charts[0][2];
      timeline.layer = timeline.layer.filter(({ mark }) => overlay.some((row) => row.is_span === (mark.type === "bar")));
      for (const [name, data, chart] of charts) {
        const element = document.getElementById("chart-" + name);
        element.hidden = !data.length;
        if (data.length) await clawback.draw(element, chart, data, place.name + ": " + SAYS[name] + (name === "timeline" ? "" : ": " + document.getElementById("axis-title").textContent));
      }
      const about = { title: series ? series.title : place.name, place: place.name, geoid: place.geoid, caveats: [...document.querySelectorAll("#axis .caveats li")].map((one) => one.textContent), cite: clawback.citation(series ? series.title + ", " + place.name : place.name, series ? series.payloads : []),
        release: common.release, sources: sourcesOf(series ? series.payloads : []), columns: MEANS.rows, overlay_columns: MEANS.overlay };
      // of a place without a line of offenses, what is drawn are the laws, lists and awards
      const columns = series ? ["label", "offenses", "coverage", "series", "note"] : ["track", "label", "from", "to", "until"];
      const csv = clawback.csv(columns, series ? rows : overlay);
      document.getElementById("axis-note").replaceChildren(
        early ? el("p", { class: "note" }, "The axis begins in " + span[0].slice(0, 4) + ". What was over before (" + number(early) + (early === 1 ? " law, listing or award" : " laws, listings or awards") + ") is in the tables below.") : "",
        el("p", { class: "actions" }, "Data: ", download(place.id + ".csv", csv, "text/csv"), " ", download(place.id + ".json", JSON.stringify({ ...about, rows, overlay }, null, 1), "application/json")),
        el("details", {}, el("summary", {}, "The figures as a table"), table("Figures", ["When", "Offenses reported", word("Coverage", "coverage"), word("Series", "series"), "Note"], rows.map((row) => [row.label, number(row.offenses), row.coverage, row.series || "", row.note]))),
        ...(series ? [origin(series.payloads), cite(series.title + ", " + place.name, series.payloads)] : []));
      const parts = charts.filter(([, data]) => data.length).map(([, data, chart]) => ({ ...chart, width: 640, data: { values: data } }));
      whole = { vconcat: parts, resolve: { scale: { color: "independent", x: "independent" } } };
      choice.dataset.drawn = String(choice.value);
    }
    choice.addEventListener("change", draw);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    await draw();
    const section = document.getElementById("axis");
    clawback.images(section, () => [whole, { title: place.name + ". " + document.getElementById("axis-title").textContent,
      source: section.querySelector(".source").textContent, caveats: clawback.caveats(section), name: place.id }]);
  }

  /* The counties that the place is (San Francisco is one, New York five): their codes of the Census. */
  function counties() {
    if (place.level === "county") return [place.geoid];
    return place.counties || [];
  }

  /* Where a county lies in its state. Other places have no shape here. */
  async function where() {
    const its = counties().filter(Boolean);
    if (!its.length) return;
    await script("counties.js");
    const fips = its[0].slice(0, 2);
    const held = clawback.data.counties.objects.counties.geometries.filter((one) => its.includes(one.id));
    if (!held.length) return;
    const element = document.getElementById("chart-county");
    element.closest("section").hidden = false;
    document.getElementById("where-title").textContent = place.name.split(",")[0] + " in its state";
    const spec = JSON.parse(document.getElementById("spec-county").textContent);
    spec.data = { values: clawback.data.counties, format: spec.data.format };
    spec.transform = [
      { filter: "slice(datum.id, 0, 2) === '" + fips + "'" },
      { calculate: "indexof(" + JSON.stringify(its) + ", datum.id) >= 0 ? 'yes' : 'no'", as: "is_it" },
    ];
    // the projection of the whole country has no place for the territories
    if (Number(fips) >= 60) spec.projection = { type: "mercator" };
    const draw = () => clawback.draw(element, spec, [], place.name + ": where it lies among the counties of its state");
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    await draw();
  }

  const LEVELS = { place: "city or village", town: "town or township", consolidated: "city and county under one government",
    independent: "independent city, in no county", territory: "territory",
    unresolved: "a printed name that is matched to no government unit" };

  function fail(text) {
    document.getElementById("place-title").textContent = "No such place";
    document.getElementById("lead").textContent = text;
    document.body.dataset.ready = "no";
  }

  async function show() {
    const id = asked.get("place") || "";
    if (!id) return fail("The address names no place. Find one by its name.");
    await script("data/common.js");
    common = clawback.data.common;
    let state = asked.get("state");
    if (!/^[A-Z]{2}$/.test(state || "")) {
      await script("data/places.js");
      const rows = clawback.data.index;
      state = (rows.find((one) => one[0] === id || one[6] === id) || rows.find((one) => one[0] === id.slice(0, 2)) || [])[2];
    }
    try {
      if (state) await script("data/places/" + state + ".js");
    } catch {
      state = null;
    }
    postal = state;
    shard = clawback.data[state];
    // a county that a city also is has the city's page: San Francisco, the five of New York
    const code = !shard || Object.hasOwn(shard.places, id) ? id : Object.keys(shard.places).find((one) => (shard.places[one].counties || []).includes(id));
    place = shard && Object.hasOwn(shard.places, code) ? shard.places[code] : null;
    if (!place) return fail("This release holds no award, listing, legal event or crime figure of a place with the code " + id + ".");
    place.id = code;
    document.title = place.name + " | Clawback " + common.release;
    document.getElementById("place-title").textContent = place.name;
    document.getElementById("lead").textContent = [
      LEVELS[place.kind] || LEVELS[place.level] || place.level,
      place.geoid ? "GEOID " + place.geoid : "",
      place.population ? number(place.population) + " people in " + place.population_year + (place.kind === "consolidated" ? " under the city's own code" : "") : "population not held",
    ].filter(Boolean).join(", ") + ".";
    const [people] = place.people || [];
    document.getElementById("people").replaceChildren(people ? from("Population of " + place.name + " in " + place.population_year, people.payload, people.record, "core.fct_population_year " + people.key) : "");
    const changes = place.changes || [];
    document.getElementById("changes").hidden = !changes.length;
    document.getElementById("changes").querySelector("ul").replaceChildren(...changes.map((sentence) => el("li", {}, sentence)));
    document.getElementById("content").hidden = false;
    const day = document.getElementById("day");
    day.value = /^\d{4}-\d{2}-\d{2}$/.test(asked.get("day") || "") ? asked.get("day") : common.built;
    day.addEventListener("input", () => { if (day.value) says(day.value); });
    says(day.value);
    awards();
    events();
    listings();
    agencies();
    await axis();
    await where();
    document.body.dataset.ready = "yes";
  }

  show();
})();
