// The grid of reports as a spreadsheet: arrows and Enter move between rows, rows save themselves, and what
// is typed without a connection stays on this device. Without a script the buttons of the form do all of it.
(function () {
  "use strict";

  const WAIT = 700; // ms without a key before a row is saved
  const RETRY = 5000; // ms before a row that did not arrive is sent again
  const SCREEN = "report:";
  const watched = []; // every row of the page that saves itself
  let leaving = false; // the page is being left
  let upload = null; // a file on its way: it changes the draft, so rows wait for it and then follow
  const ASIDE = ":aside"; // what was typed over a version that another window has changed meanwhile

  for (const form of document.querySelectorAll("form[data-reports]")) watch(form);
  for (const form of document.querySelectorAll("form[data-upload]")) watchUpload(form);

  function watch(form) {
    const rows = Array.from(form.querySelectorAll("[data-row][data-save]"));
    const entries = rows.map(function (row) {
      return { row: row, form: form, base: snapshot(row), dirty: false, busy: null, timer: 0, away: "" };
    });
    watched.push(...entries);
    const saveAll = function () {
      return Promise.all(entries.map(save));
    };
    for (const entry of entries) {
      entry.changed = function () {
        warn(form, entries);
      };
      entry.row.addEventListener("input", function () {
        typedInto(entry);
        clearTimeout(entry.timer);
        entry.timer = setTimeout(save, WAIT, entry);
      });
      entry.row.addEventListener("change", function (event) {
        if (event.target.matches("select, [type=checkbox]")) save(entry);
      });
      restore(entry);
    }
    for (const row of form.querySelectorAll("[data-row][data-key]:not([data-save])")) {
      const left = stored(row);
      if (left) setAside(row, left); // typed here before somebody else handed the row in
      offer(form, row, null);
    }
    form.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      const field = event.target;
      const vertical = field.matches("input:not([type=checkbox])");
      const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
      if (!step || !vertical) return;
      event.preventDefault(); // Enter in a cell must not send the whole form
      const at = rows.indexOf(field.closest("[data-row]"));
      for (let place = at + step; place >= 0 && place < rows.length; place += step) {
        const next = cell(rows[place], field.dataset.name);
        if (next) {
          next.focus();
          next.select();
          return;
        }
      }
    });
    let ready = false; // every row is at the server, or was refused there: the form itself may go
    form.addEventListener("submit", function (event) {
      const waits = entries.some((entry) => entry.dirty || entry.busy);
      if (ready || (navigator.onLine && !waits)) return; // a form that is sent within its own event goes nowhere
      event.preventDefault();
      const button = event.submitter;
      if (!waits) return warn(form, entries);
      saveAll().then(function () {
        if (entries.some((entry) => entry.dirty)) return warn(form, entries); // nothing is sent, nothing lost
        ready = true;
        form.requestSubmit(button);
        return undefined;
      });
      return undefined;
    });
    window.addEventListener("pageshow", function () {
      ready = leaving = false; // the page came back from the history
    });
    window.addEventListener("online", saveAll);
    window.addEventListener("online", () => warn(form, entries));
    window.addEventListener("offline", () => warn(form, entries));
    window.addEventListener("beforeunload", function (event) {
      leaving = true;
      if (entries.some((entry) => entry.dirty && !stored(entry.row))) event.preventDefault();
    });
    warn(form, entries);
  }
  function warn(form, entries) {
    const away = entries.map((entry) => entry.away).find(Boolean) || (navigator.onLine ? "" : "kept");
    const place = form.querySelector("[data-warning]");
    const text = away ? form.dataset[away] : "";
    if (place.textContent === text) return;
    place.textContent = "";
    if (!text) return;
    const panel = document.createElement("p");
    panel.className = "panel panel--warning";
    panel.textContent = text;
    place.append(panel);
  }
  function cell(row, name) {
    const same = row.querySelector('input[data-name="' + name + '"]');
    const answer = row.querySelector("input[data-name=value], input[data-name=numerator]");
    return same || answer;
  }
  function fields(row) {
    return Array.from(row.querySelectorAll("[data-name]"));
  }
  function version(row) {
    return row.querySelector("[data-version]");
  }
  function tell(row, text) {
    row.querySelector("[data-status]").textContent = text;
  }
  function typedInto(entry) {
    entry.dirty = true;
    keep(entry);
    tell(entry.row, entry.form.dataset.unsaved);
  }

  // --- what is kept on this device ---------------------------------------------------------------
  function value(field) {
    return field.type === "checkbox" ? field.checked : field.value;
  }
  function write(key, typed) {
    try {
      if (typed) localStorage.setItem(SCREEN + key, JSON.stringify(typed));
      else localStorage.removeItem(SCREEN + key);
    } catch (error) {
      return; // a full or forbidden store: the server still has what was saved
    }
  }
  function read(key) {
    try {
      return JSON.parse(localStorage.getItem(SCREEN + key));
    } catch (error) {
      return null;
    }
  }
  function snapshot(row) {
    return Object.fromEntries(fields(row).map((field) => [field.dataset.name, value(field)]));
  }
  function changes(entry) {
    const now = Object.entries(snapshot(entry.row)); // only what was typed: the rest may be changed elsewhere
    const typed = now.filter(([name, said]) => said !== entry.base[name]);
    return { version: version(entry.row).value, fields: Object.fromEntries(typed) };
  }
  function keep(entry) {
    write(entry.row.dataset.key, changes(entry));
  }
  function stored(row) {
    return read(row.dataset.key);
  }
  function forget(row) {
    write(row.dataset.key, null);
  }
  function setAside(row, typed) {
    write(row.dataset.key + ASIDE, typed);
    forget(row);
  }
  function fill(row, typed) {
    for (const field of fields(row)) {
      const said = typed.fields[field.dataset.name];
      if (said === undefined) continue;
      if (field.type === "checkbox") field.checked = said;
      else field.value = said;
    }
  }
  function differing(row, typed) {
    return fields(row).filter(function (field) {
      const said = typed.fields[field.dataset.name];
      return said !== undefined && said !== value(field);
    });
  }
  function restore(entry) {
    const row = entry.row;
    const typed = stored(row);
    if (typed && !differing(row, typed).length) forget(row);
    else if (typed && typed.version === version(row).value) {
      fill(row, typed);
      entry.dirty = true;
      save(entry);
    } else if (typed) setAside(row, typed);
    offer(entry.form, row, entry);
  }

  // Show beside a row what was typed over another version of it; nothing is written over unasked.
  function offer(form, row, entry) {
    const typed = read(row.dataset.key + ASIDE);
    if (!typed) return;
    const drop = () => write(row.dataset.key + ASIDE, null);
    const differ = entry ? differing(row, typed) : [];
    if (entry && !differ.length) return drop();
    const shown = form.querySelector("template[data-aside]").content.cloneNode(true).firstElementChild;
    const said = entry ? differ.map((field) => words(field, typed)) : spoken(typed);
    shown.querySelector("[data-said]").textContent = said.join(" · ");
    const use = shown.querySelector("[data-use]");
    if (!entry) use.remove();
    else
      use.addEventListener("click", function () {
        fill(row, typed);
        typedInto(entry);
        drop();
        shown.remove();
        differ[0].focus();
        save(entry);
      });
    shown.querySelector("[data-drop]").addEventListener("click", function () {
      drop();
      shown.remove();
    });
    (row.querySelector("[data-fault]") || row.querySelector("[data-status]")).before(shown);
    return undefined;
  }
  function words(field, typed) {
    const said = typed.fields[field.dataset.name];
    const option = field.options && Array.from(field.options).find((one) => one.value === said);
    const label = field.labels[0] ? field.labels[0].textContent.trim() : "";
    if (field.type === "checkbox") return (said ? "☑ " : "☐ ") + label;
    return label + ": " + ((option ? option.textContent : said) || "–");
  }
  function spoken(typed) {
    const named = ["value", "numerator", "denominator", "narrative", "next_steps"];
    return named.map((name) => typed.fields[name]).filter(Boolean);
  }

  // --- saving -------------------------------------------------------------------------------------
  async function save(entry) {
    clearTimeout(entry.timer);
    while (entry.busy || upload) await (entry.busy || upload); // no save overtakes another, nor a file
    if (!entry.dirty) return;
    entry.busy = send(entry);
    await entry.busy;
  }
  async function send(entry) {
    const row = entry.row;
    const words = entry.form.dataset;
    const values = snapshot(row);
    entry.dirty = false;
    tell(row, words.saving);
    try {
      const sent = { method: "POST", body: said(entry), redirect: "manual" };
      const answer = await fetch(row.dataset.save, sent);
      const json = (answer.headers.get("Content-Type") || "").includes("json");
      if (answer.status >= 500) missed(entry, "kept");
      else if (!json) missed(entry, "out"); // the page that asks to log in, not an answer
      else arrived(entry, answer, await answer.json(), values);
    } catch (error) {
      missed(entry, "kept");
    }
    entry.busy = null;
    entry.changed();
  }
  function said(entry) {
    const body = new URLSearchParams();
    for (const [name, text] of new FormData(entry.form)) {
      const field = entry.form.elements[name];
      if (name === "csrfmiddlewaretoken" || (field.closest && entry.row.contains(field))) body.append(name, text);
    }
    return body;
  }
  function missed(entry, why) {
    entry.dirty = true;
    entry.away = why;
    tell(entry.row, entry.form.dataset.unsaved);
    if (why === "kept") entry.timer = setTimeout(save, RETRY, entry);
  }
  function arrived(entry, answer, told, values) {
    const row = entry.row;
    entry.away = "";
    show(row, answer.ok ? {} : told.fields, answer.ok ? "" : told.message);
    tell(row, answer.ok && !entry.dirty ? entry.form.dataset.saved : entry.form.dataset.unsaved);
    if (answer.ok) {
      version(row).value = told.version;
      entry.base = values;
      if (entry.dirty) keep(entry);
      else if (!leaving) forget(row); // the page that follows may have been read before this was saved
    } else if (answer.status === 412) {
      setAside(row, changes(entry));
    }
  }
  function show(row, faults, message) {
    row.querySelector("[data-fault]").textContent = message;
    row.classList.toggle("row--error", Boolean(message));
    for (const field of fields(row)) {
      if (faults[field.dataset.name]) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  // --- forms with files, and forms whose words are kept until they have arrived -----------------------
  function watchUpload(form) {
    const status = form.querySelector("[data-status]");
    if (form.dataset.draft) keepDraft(form, status);
    let busy = false;
    async function send() {
      if (busy) return undefined; // a second press sends nothing twice
      busy = true;
      status.textContent = form.dataset.sending;
      try {
        if (form.dataset.out && (await loggedOut(form))) {
          busy = false;
          return out(form, status);
        }
        await Promise.all(watched.map(save)); // what was typed goes first
        const sent = { method: "POST", body: new FormData(form), redirect: "manual" };
        const answer = await onItsWay(fetch(form.action, sent));
        if (answer.type !== "opaqueredirect") return form.submit(); // what stands in the way, on a page
        write(form.dataset.draft, null);
        await Promise.all(watched.map(save)); // and what was typed meanwhile
        if (!form.dataset.then) return window.location.reload();
        window.location.assign(form.dataset.then); // the page of what was done, not of the act
      } catch (error) {
        busy = false;
        status.textContent = form.dataset.kept; // the file stays chosen
        window.addEventListener("online", send, { once: true });
      }
      return undefined;
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      send();
    });
  }
  // Hold the rows back until the file has arrived, or has not.
  async function onItsWay(sending) {
    let done;
    upload = new Promise((resolve) => (done = resolve));
    try {
      const answer = await sending;
      if (answer.type === "opaqueredirect") await adopt();
      return answer;
    } finally {
      upload = null;
      done();
    }
  }
  // The file has made a new version of the draft. Where nothing else differs, the rows go on from it.
  async function adopt() {
    if (!watched.length) return;
    try {
      const text = await (await fetch(window.location.href)).text();
      const page = new DOMParser().parseFromString(text, "text/html");
      const rows = Array.from(page.querySelectorAll("[data-row][data-save]"));
      for (const entry of watched) {
        const now = rows.find((row) => row.dataset.key === entry.row.dataset.key);
        if (!now || JSON.stringify(snapshot(now)) !== JSON.stringify(entry.base)) continue;
        version(entry.row).value = version(now).value;
        if (entry.dirty) keep(entry);
      }
    } catch (error) {
      return; // the page that is loaded next offers what was typed
    }
  }
  // Asked before it is sent: an answer that leads to the login looks like one that leads on.
  async function loggedOut(form) {
    const page = await fetch(form.action, { redirect: "manual" });
    return page.type === "opaqueredirect";
  }
  function out(form, status) {
    const link = document.createElement("a");
    link.href = form.action; // asks to log in, and comes back to this form
    link.textContent = form.dataset.login;
    status.textContent = form.dataset.out + " ";
    status.append(link);
  }
  // What is decided or dated anew stays with who sends it: only words come back by themselves.
  function keepDraft(form, status) {
    const written = Array.from(form.querySelectorAll("textarea, input[type=text]"));
    const typed = read(form.dataset.draft);
    const empty = written.filter((field) => typed && typed[field.name] && !field.value);
    for (const field of empty) field.value = typed[field.name];
    if (empty.length) status.textContent = form.dataset.back;
    form.addEventListener("input", function () {
      const said = written.filter((field) => field.value).map((field) => [field.name, field.value]);
      write(form.dataset.draft, said.length ? Object.fromEntries(said) : null);
    });
  }
})();
