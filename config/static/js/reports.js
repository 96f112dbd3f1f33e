// The grid of reports as a spreadsheet: arrows and Enter move between rows, rows save themselves, and what
// is typed without a connection stays on this device. Without a script the buttons of the form do all of it.
(function () {
  "use strict";

  const WAIT = 700; // ms without a key before a row is saved
  const SCREEN = "report:";

  for (const form of document.querySelectorAll("form[data-reports]")) watch(form);
  for (const form of document.querySelectorAll("form[data-upload]")) watchUpload(form);

  function watch(form) {
    const rows = Array.from(form.querySelectorAll("[data-row][data-save]"));
    for (const row of rows) {
      restore(row);
      let timer = 0;
      row.addEventListener("input", function () {
        keep(row);
        clearTimeout(timer);
        timer = setTimeout(save, WAIT, form, row);
      });
      row.addEventListener("change", function (event) {
        if (event.target.matches("select, [type=checkbox]")) save(form, row);
      });
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
    form.addEventListener("submit", function () {
      for (const row of rows) forget(row);
    });
    window.addEventListener("online", function () {
      for (const row of rows) if (stored(row)) save(form, row);
    });
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

  // --- what is kept on this device ---------------------------------------------------------------
  function keep(row) {
    const typed = { version: version(row).value, fields: {} };
    for (const field of fields(row)) {
      typed.fields[field.dataset.name] = field.type === "checkbox" ? field.checked : field.value;
    }
    try {
      localStorage.setItem(SCREEN + row.dataset.key, JSON.stringify(typed));
    } catch (error) {
      return; // a full or forbidden store: the server still has what was saved
    }
  }
  function stored(row) {
    try {
      return JSON.parse(localStorage.getItem(SCREEN + row.dataset.key));
    } catch (error) {
      return null;
    }
  }
  function forget(row) {
    try {
      localStorage.removeItem(SCREEN + row.dataset.key);
    } catch (error) {
      return;
    }
  }
  function restore(row) {
    const typed = stored(row);
    if (!typed || typed.version !== version(row).value) return forget(row);
    for (const field of fields(row)) {
      const said = typed.fields[field.dataset.name];
      if (said === undefined) continue;
      if (field.type === "checkbox") field.checked = said;
      else field.value = said;
    }
    save(row.closest("form"), row);
  }

  // --- saving -------------------------------------------------------------------------------------
  async function save(form, row) {
    if (row.dataset.busy) {
      row.dataset.again = "1"; // one at a time, so that no save overtakes another
      return;
    }
    row.dataset.busy = "1";
    delete row.dataset.again;
    tell(row, form.dataset.saving);
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const field = form.elements[name];
      if (name === "csrfmiddlewaretoken" || (field.closest && row.contains(field))) body.append(name, value);
    }
    try {
      const answer = await fetch(row.dataset.save, { method: "POST", body: body });
      const told = await answer.json();
      show(row, answer.ok ? {} : told.fields, answer.ok ? "" : told.message);
      tell(row, answer.ok ? form.dataset.saved : "");
      if (answer.ok) {
        version(row).value = told.version;
        if (row.dataset.again) keep(row);
        else forget(row);
      }
    } catch (error) {
      tell(row, form.dataset.kept);
      delete row.dataset.again;
    }
    delete row.dataset.busy;
    if (row.dataset.again) save(form, row);
  }
  function show(row, faults, message) {
    row.querySelector("[data-fault]").textContent = message;
    row.classList.toggle("row--error", Boolean(message));
    for (const field of fields(row)) {
      if (faults[field.dataset.name]) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  // --- evidence -----------------------------------------------------------------------------------
  function watchUpload(form) {
    const status = form.querySelector("[data-status]");
    async function send() {
      status.textContent = form.dataset.sending;
      try {
        const sent = { method: "POST", body: new FormData(form), redirect: "manual" };
        const answer = await fetch(form.action, sent);
        if (answer.type !== "opaqueredirect") return form.submit(); // what stands in the way, on a page
        window.location.reload();
      } catch (error) {
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
})();
