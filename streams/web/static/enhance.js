// What makes the pages handier; without it everything works just the same.
const mebibyte = 1048576;

function complain(input, text) {
  let line = document.getElementById(`${input.id}-said`);
  if (!line) {
    line = document.createElement("p");
    line.id = `${input.id}-said`;
    line.className = "error";
    line.setAttribute("role", "alert");
    input.before(line);
  }
  line.textContent = text;
}

for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => {
    const most = Number(input.dataset.most);
    const large = [...input.files].filter((file) => file.size > most).map((file) => file.name);
    const many = input.files.length > Number(input.dataset.count);
    if (large.length || many) {
      complain(input, large.length ? `超过${most / mebibyte}MB：${large.join("、")}` : `最多${input.dataset.count}个`);
      input.value = "";
    } else {
      const line = document.getElementById(`${input.id}-said`);
      if (line) line.remove();
    }
  });
}

for (const all of document.querySelectorAll("input[data-all]")) {
  const boxes = [...all.form.querySelectorAll(`input[name="${all.dataset.all}"]`)];
  const count = document.getElementById("chosen");
  const say = () => {
    const many = boxes.filter((box) => box.checked).length;
    all.checked = many === boxes.length;
    all.indeterminate = many > 0 && many < boxes.length;
    if (count) count.textContent = many ? `已选 ${many} 张` : "";
  };
  all.closest("[hidden]").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    say();
  });
  for (const box of boxes) box.addEventListener("change", say);
  say();
}

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button[type=submit]");
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (button) {
      button.setAttribute("aria-disabled", "true");
      button.textContent = "正在提交…";
    }
  });
}

const changes = document.querySelector("[data-changes]");
if (changes && window.EventSource) {
  const shown = new Set(Array.from(document.querySelectorAll("[data-ticket]"), (one) => one.dataset.ticket));
  const changed = new Set();
  let place = "";
  let source;
  const say = (words) => {
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = "刷新";
    changes.replaceChildren(`${words}，`, again);
  };
  const listen = () => {
    if (source) source.close();
    source = undefined;
    if (document.hidden) return; // a browser has room for six of them
    source = new EventSource(changes.dataset.changes + (place && `?since=${place}`));
    source.addEventListener("changed", (event) => {
      place = event.lastEventId;
      const said = JSON.parse(event.data);
      for (const one of said.tickets) if (!shown.size || shown.has(one)) changed.add(one);
      if (changed.size) say(shown.size === 1 ? "本单有变化" : `${changed.size} 张有变化`);
      else if (said.unknown) say("可能有变化");
    });
  };
  document.addEventListener("visibilitychange", listen);
  listen();
}

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const said = document.getElementById("errors") || document.getElementById("outcome");
if (said) said.focus();
