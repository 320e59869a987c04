"use strict";
// Offers each table as a CSV file, made in the page; and unfolds the list that a tile leads to.
(() => {
  // A spreadsheet would calculate such a cell as a formula: query/spreadsheet_cells.py has the same.
  const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
  const NUMBER = /^[-+]?\d+$/;
  const BYTE_ORDER_MARK = "\ufeff";
  const { csv, csvOf } = document.body.dataset;

  const parts = new Intl.NumberFormat(document.documentElement.lang).formatToParts(12345.6);
  const part = (type) => parts.find((each) => each.type === type).value;
  const [thousands, decimal] = [part("group"), part("decimal")];
  // A spreadsheet takes the separator that the decimal comma of its language leaves free.
  const separator = decimal === "," ? ";" : ",";

  const plainNumber = (text) => text.replaceAll(thousands, "").replace("\u2212", "-");

  const cellText = (cell) => {
    const text = cell.textContent.replace(/\s+/g, " ").trim();
    const number = plainNumber(text);
    if (cell.classList.contains("number") && NUMBER.test(number)) return number;
    return FORMULA.test(text) ? `'${text}` : text;
  };

  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const line = (cells) => cells.map(quoted).join(separator);
  const rowCells = (row) => [...row.cells].map(cellText);
  const tableRows = (table) => [...table.rows].map(rowCells);

  // The wordings of all topics, each with its topic.
  const topicRows = (list, title) => [...list.children].flatMap((topic, place) => {
    const name = cellText(topic.querySelector(".name"));
    const [head, ...wordings] = tableRows(topic.querySelector("table:last-of-type"));
    const rows = wordings.map((row) => [name, ...row]);
    return place ? rows : [[title, ...head], ...rows];
  });

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
    button.addEventListener("click", () => download(rows(), name));
    place.after(button);
  };

  for (const table of document.querySelectorAll("table:has(> caption)")) {
    const place = table.closest("[id]");
    offer(place, table.caption.textContent, place.id, () => tableRows(table));
  }
  const topics = document.getElementById("topics-list");
  if (topics) {
    const title = document.getElementById("topics-title").textContent;
    offer(document.getElementById("topics-note"), title, "questions", () => topicRows(topics, title));
  }

  addEventListener("hashchange", () => {
    const details = document.querySelector(":target details");
    if (details && location.hash === "#topics") details.open = true;
  });
})();
