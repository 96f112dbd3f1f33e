// Keys of the queue: j k move, x chooses, Enter opens, ? shows the help. Without a script all of it is links.
(function () {
  "use strict";

  function rows() {
    return Array.from(document.querySelectorAll("[data-row]"));
  }
  function box(row) {
    return row.querySelector("input[type=checkbox]");
  }
  function here() {
    return document.activeElement ? document.activeElement.closest("[data-row]") : null;
  }
  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(here());
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    if (all[next]) box(all[next]).focus();
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target;
    const typing = target.closest("textarea, select, input:not([type=checkbox])");
    if (typing) return;
    const row = here();
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && row) box(row).checked = !box(row).checked;
    else if (event.key === "Enter" && row && target === box(row)) row.querySelector("[data-open]").click();
    else if (event.key === "?") {
      const help = document.querySelector("details.keys");
      if (help) {
        help.open = !help.open;
        help.querySelector("summary").focus();
      }
    } else return;
    event.preventDefault();
  });
})();
