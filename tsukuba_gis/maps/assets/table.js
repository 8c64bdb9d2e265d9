// The data table: sortable, filtered by name, saved as CSV.

const FIRST_ROWS = 400; // more rows are shown when asked for

class DataTable {
  constructor(box, onChoose) {
    this.box = box;
    this.onChoose = onChoose;
    this.sorting = { column: null, down: true }; // column: an indicator's name, "name", or null (given order)
    this.filter = "";
    this.whole = false;
    box.addEventListener("keydown", (event) => this.key(event));
  }

  show(data, level, chosen) {
    if (level !== this.level) this.whole = false;
    Object.assign(this, { data, level, chosen });
    const head = element("tr", {}, this.headCell("name", say("zone")),
      ...data.indicators.map((indicator) => this.headCell(indicator.name, indicator.label[words.lang], unitOf(indicator))));
    this.body = element("tbody");
    this.box.replaceChildren(element("table", { class: "data" },
      element("caption", { text: say("table_caption", { level: level.label[words.lang], n: formatNumber(level.names.length) }) }),
      element("thead", {}, head), this.body, this.foot()));
    this.fill();
  }

  // Show only the zones whose name holds a text.
  narrow(filter) {
    this.filter = filter;
    this.fill();
  }

  headCell(column, label, unit = "") {
    const now = this.sorting.column === column;
    const button = element("button", { type: "button" }, label,
      element("span", { class: "unit", text: unit }),
      element("span", { class: "arrow", "aria-hidden": "true", text: now ? (this.sorting.down ? " ▼" : " ▲") : "" }));
    button.addEventListener("click", () => {
      this.sorting = { column, down: now ? !this.sorting.down : column !== "name" };
      this.show(this.data, this.level, this.chosen);
      this.box.querySelector(`th[data-column="${CSS.escape(column)}"] button`).focus();
    });
    const cell = element("th", { scope: "col", "data-column": column }, button);
    if (now) cell.setAttribute("aria-sort", this.sorting.down ? "descending" : "ascending");
    return cell;
  }

  order() {
    const { column, down } = this.sorting;
    const zones = this.level.names.map((name, zone) => zone)
      .filter((zone) => this.level.names[zone].includes(this.filter) || zoneName(this.level, zone).toLowerCase().includes(this.filter.toLowerCase()));
    if (column === null) return zones;
    if (column === "name") {
      const { compare } = new Intl.Collator(words.lang);
      return zones.sort((a, b) => (down ? -1 : 1) * compare(zoneName(this.level, a), zoneName(this.level, b)));
    }
    const values = this.level.values[column];
    // Zones without a value stay at the end, whichever way the rest is sorted.
    return zones.sort((a, b) => (values[a] === null) - (values[b] === null)
      || (down ? values[b] - values[a] : values[a] - values[b]));
  }

  fill() {
    const { data, level } = this;
    const order = this.order();
    const shown = this.whole ? order : order.slice(0, FIRST_ROWS);
    this.rows = new Map();
    this.body.replaceChildren(...shown.map((zone) => {
      const button = element("button", { type: "button", tabIndex: -1, text: zoneName(level, zone) });
      button.addEventListener("click", () => this.onChoose(zone));
      const row = element("tr", {}, element("th", { scope: "row" }, button),
        ...data.indicators.map((indicator) => this.cell(indicator, zone)));
      this.rows.set(zone, row);
      return row;
    }));
    if (shown.length < order.length) this.body.append(this.moreRow(order.length));
    // One stop of the tab key; arrow keys go on from there.
    const first = this.body.querySelector("th button");
    if (first) first.tabIndex = 0;
    this.mark(this.chosen);
  }

  moreRow(n) {
    const button = element("button", { type: "button", text: say("table_more", { n: formatNumber(n) }) });
    button.addEventListener("click", () => { this.whole = true; this.fill(); });
    return element("tr", {}, element("td", { colSpan: this.data.indicators.length + 1 }, button));
  }

  key(event) {
    const button = event.target.closest("tbody th button");
    if (!button) return;
    const buttons = [...this.body.querySelectorAll("th button")];
    const place = buttons.indexOf(button);
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined || !buttons[next]) return;
    event.preventDefault();
    button.tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  }

  // Mark another zone without drawing the table anew.
  mark(zone) {
    this.chosen = zone;
    this.rows?.forEach((row, number) => row.classList.toggle("now", number === zone));
  }

  cell(indicator, zone) {
    const value = this.level.values[indicator.name][zone];
    const mask = maskOf(this.level, indicator.name, zone) || "missing";
    return value === null
      ? element("td", { class: "number hidden", text: say("short_" + mask) })
      : element("td", { class: "number", text: formatValue(value, indicator, false) });
  }

  foot() {
    return element("tfoot", {}, element("tr", {},
      element("th", { scope: "row", text: say("whole_city") }),
      ...this.data.indicators.map((indicator) => {
        const value = this.level.total[indicator.name];
        return element("td", { class: "number", text: value === null ? "–" : formatValue(value, indicator, false) });
      })));
  }
}

// CSV in the form of the report's other CSV files: BOM, CRLF, text quoted, shares 0–1,
// the notices as the header of a last, empty column.
function csvText(data, level) {
  const cell = (value) => {
    if (value === null || value === "") return "";
    if (typeof value === "number") return String(value);
    // A spreadsheet would run text that begins like a formula.
    const inert = /^[=+\-@\t\r＝＋－＠]./s.test(value) ? "'" + value : value;
    return `"${inert.replace(/"/g, '""')}"`;
  };
  const header = ({ label, unit }) =>
    `${label[words.lang]}[${say(unit === "share" ? "table_unit_share" : "unit_name_" + unit)}]`;
  const notices = say("table_notice_mark", { notices: data.notices[words.lang].join(" / ") });
  const lines = [["zone_id", say("zone"), ...data.indicators.map(header), notices]];
  level.ids.forEach((id, zone) => {
    const values = data.indicators.map(({ name }) => level.values[name][zone]);
    lines.push([id, level.names[zone], ...values, null]);
  });
  return "\ufeff" + lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
}

function saveFile(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
