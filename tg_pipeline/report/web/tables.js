"use strict";
// Offers each table as a CSV file, made in the page; lets the keyboard scroll tables that are wider
// than the screen; and unfolds the list that a tile leads to.
(() => {
  // A spreadsheet would calculate such a cell as a formula: query/spreadsheet_cells.py has the same.
  const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
  const NUMBER = /^[-+]?\d+$/;
  const BYTE_ORDER_MARK = "\ufeff";
  // Code points: a file name may have 255 bytes, and a letter takes up to four of them.
  const MAX_NAME = 20;
  const DAY_MILLISECONDS = 86_400_000;
  const { csv, csvOf, first, last } = document.body.dataset;
  const overview = document.getElementById("overview");

  const parts = new Intl.NumberFormat(document.documentElement.lang).formatToParts(12345.6);
  const part = (type) => parts.find((each) => each.type === type).value;
  const [thousands, decimal] = [part("group"), part("decimal")];
  // A spreadsheet takes the separator that the decimal comma of its language leaves free.
  const separator = decimal === "," ? ";" : ",";

  const plainNumber = (text) => text.replaceAll(thousands, "").replace("\u2212", "-");

  const cellText = (cell) => {
    const shown = cell.cloneNode(true);
    // The language of a question is beside its text, not a part of it.
    for (const language of shown.querySelectorAll(".language")) language.remove();
    const text = shown.textContent.replace(/\s+/g, " ").trim();
    const number = plainNumber(text);
    if (cell.classList.contains("number") && NUMBER.test(number)) return number;
    return FORMULA.test(text) ? `'${text}` : text;
  };

  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const line = (cells) => cells.map(quoted).join(separator);
  // A column with an unseen title has bars, which have no text.
  const hasText = (_, place, cells) =>
    !cells[0].closest("table").rows[0].cells[place].querySelector(".unseen");
  const rowCells = (row) => [...row.cells].filter(hasText).map(cellText);
  const tableRows = (table) => [...table.rows].map(rowCells);

  // The wordings of all topics, each with its topic.
  const topicRows = (list, title) => [
    [title, list.dataset.wordings, list.dataset.times],
    ...[...list.children].flatMap((topic) => {
      const name = cellText(topic.querySelector(".name"));
      const [, ...wordings] = tableRows(topic.querySelector("table:last-of-type"));
      return wordings.map((row) => [name, ...row]);
    }),
  ];

  // Letters and digits only: no separator of folders, dot or control character is left.
  const plainName = (text) => {
    const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
    return [...words.join("-")].slice(0, MAX_NAME).join("").replace(/-$/, "");
  };

  // What is selected in a filter; undefined is everything.
  const chosen = (name) => {
    const list = document.getElementById(`filter-${name}`);
    return list?.selectedIndex > 0 ? list.selectedOptions[0] : undefined;
  };

  // The period is given as numbers of days, of which the first option has that of the first day.
  const chosenDays = () => {
    const period = chosen("period");
    if (!period) return [first, last];
    const [start] = period.parentElement.options[0].value.split(",").map(Number);
    return period.value.split(",").map((day) =>
      new Date(Date.parse(first) + (day - start) * DAY_MILLISECONDS).toISOString().slice(0, 10));
  };

  // Only the tables of the overview follow the filters.
  const fileName = (name, isFiltered) => {
    const named = ["chat", "person"].map((filter) => chosen(filter)?.textContent ?? "");
    const parts = isFiltered ? [...chosenDays(), ...named.map(plainName)] : [first, last];
    return [name, ...parts].filter(Boolean).join("_");
  };

  const download = (rows, name) => {
    const text = BYTE_ORDER_MARK + rows.map(line).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const offer = (place, caption, name, rows) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "csv";
    button.textContent = csv;
    button.setAttribute("aria-label", csvOf.replace("{caption}", caption));
    const isFiltered = overview?.contains(place);
    button.addEventListener("click", () => download(rows(), fileName(name, isFiltered)));
    place.after(button);
  };

  for (const table of [...document.querySelectorAll("table")].filter((each) => each.caption)) {
    const place = table.closest("[id]");
    offer(place, table.caption.textContent, place.id.replace("-table", ""), () => tableRows(table));
  }
  const topics = document.getElementById("topics-list");
  if (topics) {
    const title = document.getElementById("topics-title").textContent;
    offer(document.getElementById("topics-note"), title, "topics", () => topicRows(topics, title));
  }

  // What scrolls needs a name and the focus, or a keyboard can't reach what is hidden in it.
  const mark = ({ target }) => {
    const box = target.closest(".wide, .table.open");
    const isScrolled = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    for (const [name, value] of Object.entries({
      tabindex: "0", role: "region", "aria-label": box.querySelector("caption").textContent,
    })) {
      if (isScrolled) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  };
  const sizes = new ResizeObserver((changes) => changes.forEach(mark));
  for (const box of document.querySelectorAll(".wide, .table.open")) {
    sizes.observe(box);
    sizes.observe(box.querySelector("table"));
  }

  // A click, since the hash stays the same when the answer is followed once more.
  for (const link of document.querySelectorAll("a[href='#topics']")) {
    link.addEventListener("click", () => {
      const details = document.querySelector("#topics details");
      if (details) details.open = true;
    });
  }
})();
