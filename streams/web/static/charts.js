// Draws the tables of a page; without it they say the same.
const charts = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function read(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    series: heads.map((name, number) => ({
      name,
      data: rows.map((row) => Number(row.cells[number + 1].querySelector("a").dataset.count)),
    })),
  };
}

function shown({ value }) {
  return value ? String(value) : "";
}

function key(series) {
  const line = document.createElement("p");
  line.className = "keys";
  series.forEach((one, number) => {
    const swatch = document.createElement("span");
    swatch.className = `swatch swatch-${number}`;
    line.append(swatch, ` ${one.name} `);
  });
  return line;
}

function option(kind, { labels, series }) {
  const text = { color: colour("ink"), fontSize: 14 };
  const line = { lineStyle: { color: colour("line") } };
  const names = { type: "category", data: labels, axisLabel: text, axisLine: line, inverse: kind === "row" };
  const values = { type: "value", minInterval: 1, axisLabel: text, splitLine: line };
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    color: [colour("blue"), colour("focus")],
    grid: { left: 8, right: 40, top: 24, bottom: 8, containLabel: true },
    xAxis: kind === "row" ? values : names,
    yAxis: kind === "row" ? names : values,
    series: series.map((one) => ({
      ...one,
      type: "bar",
      label: { show: true, position: kind === "row" ? "right" : "top", color: colour("ink"), formatter: shown },
    })),
  };
}

function draw() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    const data = read(document.getElementById(place.dataset.table));
    place.hidden = false;
    place.before(key(data.series));
    if (place.dataset.chart === "row") {
      place.style.height = `${5 + data.labels.length * 2.5}rem`;
    }
    const chart = window.echarts.init(place);
    chart.setOption(option(place.dataset.chart, data));
    charts.push(chart);
  }
}

if (window.echarts) {
  draw();
  addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
}
