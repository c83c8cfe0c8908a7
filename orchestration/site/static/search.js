/* The search for places: MiniSearch over the list of places. It forgives slips of typing, and knows the nicknames of
   nicknames.toml. What belongs here: which words a place is found by, and the list of what is found. */
"use strict";

(function () {
  const asked = new URLSearchParams(location.search);
  const [CODE, NAME, STATE, LEVEL, PEOPLE, MARKS_OF, ALSO] = [0, 1, 2, 3, 4, 5, 6];
  const SHORT = { st: "saint", ste: "sainte", ft: "fort", mt: "mount" };
  const MARKS = [[1, "awards"], [2, "lists"], [4, "laws and cases"], [8, "crime figures"]];
  // what stands around a name: "City and County of San Francisco", "Cook County Sheriff's Office"
  const OF = /^(the )?(city and county|city|town|township|village|borough|state|commonwealth) of /i;
  const KIND_OF = /^(county|parish) of (.+)$/i;
  const OFFICE = / (police( department| dept)?|sheriff(s|['’]s)?( office| department)?)$/i;
  // an entry of the index -> its place: the id is the place's number, of a nickname with that of the nickname behind it
  const row = (id) => Number(String(id).split(" ")[0]);
  let places, found;

  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f'.`’]/g, "").toLowerCase();
  const terms = (text) => plain(text).split(/[^a-z0-9]+/).filter(Boolean);

  const bare = (text) => {
    const [name, ...rest] = text.split(",");
    return [name.trim().replace(OFFICE, "").replace(OF, "").replace(KIND_OF, "$2 $1"), ...rest].join(",");
  };

  /* rows: the places; states: postal code -> name and its short form; nicknames: GEOID -> other names. */
  clawback.index = function ({ rows, states, nicknames }) {
    places = rows;
    // a city before a county of the same name, a large one before a small one, a place before a name that is matched to none
    const weight = (one) => (one[LEVEL] === "state" ? 8 : one[LEVEL] === "unresolved" ? 0.5 : one[LEVEL] === "county" ? 1 : 1.6) + Math.log10(1 + (one[PEOPLE] || 0)) / 2;
    found = new MiniSearch({
      fields: ["name", "state", "code", "nickname"],
      tokenize: terms,
      processTerm: (term) => SHORT[term] || term,
      searchOptions: { combineWith: "AND", boost: { code: 9, nickname: 9, name: 2 }, boostDocument: (id) => weight(rows[row(id)]) },
    });
    // each nickname is an entry of its own: "York County" is not found in "New York City" and "Bronx County" together
    const named = (one) => (one[LEVEL] === "state" ? [one[STATE]] : nicknames[one[CODE]] || []);
    found.addAll(rows.flatMap((one, id) => {
      const state = one[STATE] + " " + (states[one[STATE]] || "");
      return [
        { id: String(id), name: one[NAME].split(",")[0], state, code: one[CODE] + " " + one[ALSO] },
        ...named(one).map((nickname, n) => ({ id: id + " " + n, nickname, state })),
      ];
    }));
  };

  /* Places that fit what was typed, the likeliest first; is_guess: nothing fits but with slips of typing. */
  clawback.find = function (text) {
    const digits = text.replace(/\s/g, "");
    const typed = /^\d{2,10}$/.test(digits) ? digits : text;
    // those whose name begins with what was typed first, and a printed name that is matched to no place last; a short text
    // is a code or a nickname: "LA" is no beginning of "La Habra"
    const rank = (one, name) => (plain(one[NAME]).startsWith(name) ? 2 : 0) - (one[LEVEL] === "unresolved" ? 1 : 0);
    const rows = (text, options) => {
      const name = plain(text.split(",")[0].trim());
      const fit = [...new Set(found.search(text, options).map(({ id }) => places[row(id)]))];
      return name.length > 3 ? fit.sort((one, other) => rank(other, name) - rank(one, name)) : fit;
    };
    const options = { prefix: (term) => term.length > 2 && !/\d/.test(term) };
    const whole = rows(typed, options);
    const exact = whole.length ? whole : rows(bare(typed), options);
    if (exact.length || /\d/.test(typed)) return { rows: exact, is_guess: false };
    return { rows: rows(bare(typed), { prefix: (term) => term.length > 3, fuzzy: (term) => (term.length > 3 ? 0.25 : false) }), is_guess: true };
  };

  function item(one) {
    const made = document.createElement("li");
    const link = document.createElement("a");
    const note = document.createElement("span");
    link.href = "place.html?state=" + one[STATE] + "&place=" + encodeURIComponent(one[CODE]);
    link.textContent = one[NAME];
    note.className = "note";
    note.textContent = [one[LEVEL] === "unresolved" ? "a printed name that is matched to no place" : "", ...MARKS.filter(([bit]) => one[MARKS_OF] & bit).map(([, word]) => word)].filter(Boolean).join(", ");
    made.append(link, " ", note);
    return made;
  }

  function said(text, { rows, is_guess }) {
    if (!text.trim()) return "";
    if (!rows.length) return "No place of that name is held in this release. That does not mean that nothing happened there.";
    if (is_guess) return "No place of exactly that name is held. Did you mean one of these?";
    const count = rows.length.toLocaleString("en-US");
    return rows.length > 50 ? "50 of " + count + " places that fit" : count + (rows.length === 1 ? " place fits" : " places fit");
  }

  window.addEventListener("load", async () => {
    await clawback.script("data/places.js");
    const input = document.getElementById("place-name");
    const list = document.getElementById("found");
    const show = () => {
      const answer = clawback.find(input.value);
      list.replaceChildren(...answer.rows.slice(0, 50).map(item));
      document.getElementById("said").textContent = said(input.value, answer);
    };
    input.value = asked.get("q") || "";
    input.addEventListener("input", show);
    show();
    list.dataset.ready = "yes";
  });
})();
