// Keeps the gap of an allocation in sight while parts are typed. Without a script a button counts it.
// Numbers are read as the server reads them: in both conventions, and "?" where that leaves two readings.
(function () {
  "use strict";

  const panel = document.querySelector("[data-allocation]");
  if (!panel) return;
  const form = document.querySelector("form.form--wide");
  const decimals = Number(panel.dataset.decimals);
  const marks = panel.dataset.language === "en" ? [".", ","] : [",", "."];
  const SCALE = 6;

  function scaled(text, point, group) {
    const mark = group === "." ? "\\." : group;
    const dot = point === "." ? "\\." : point;
    const whole = "\\d+|[1-9]\\d{0,2}(?:" + mark + "\\d{3})+|[1-9]\\d{0,2}(?: \\d{3})+";
    if (!new RegExp("^-?(?:" + whole + ")(?:" + dot + "\\d+)?$").test(text)) return null;
    const parts = text.split(group).join("").split(" ").join("").split(point);
    const rest = parts[1] || "";
    if (/[^0]/.test(rest.slice(SCALE))) return null;
    return BigInt(parts[0] + (rest + "000000").slice(0, SCALE));
  }
  function read(typed) {
    const text = typed.trim().replace(/[\u00a0\u2009\u202f]/g, " ").replace("\u2212", "-");
    if (!text) return 0n;
    const own = scaled(text, marks[0], marks[1]);
    const other = scaled(text, marks[1], marks[0]);
    if (own === null) return other;
    if (other !== null && other !== own && text.includes(marks[0]) !== decimals >= 3) return null;
    return own;
  }
  function write(value) {
    const below = value < 0n;
    const digits = (below ? -value : value).toString().padStart(SCALE + 1, "0");
    const whole = digits.slice(0, -SCALE).replace(/\B(?=(\d{3})+$)/g, marks[1]);
    const rest = digits.slice(-SCALE).replace(/0+$/, "");
    return (below ? "-" : "") + whole + (rest ? marks[0] + rest : "");
  }
  function count() {
    let given = 0n;
    for (const field of form.querySelectorAll("input[name^=part-]")) {
      const part = read(field.value);
      given = part === null || given === null ? null : given + part;
    }
    const reserve = read(form.elements.reserve.value);
    const overage = read(form.elements.overage.value);
    const known = given !== null && reserve !== null && overage !== null;
    const gap = known ? scaled(panel.dataset.allocation, ".", ",") - reserve + overage - given : null;
    panel.querySelector("[data-given]").textContent = given === null ? "?" : write(given);
    panel.querySelector("[data-gap]").textContent = known ? write(gap) : "?";
    panel.querySelector("[data-gap-open]").hidden = known && gap === 0n;
    panel.classList.toggle("panel--warning", !known || gap !== 0n);
  }
  form.addEventListener("input", count);
})();
