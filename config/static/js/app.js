// What a page gains from a script. Without it every page still works.
(function () {
  "use strict";

  // The summary of errors takes the focus, so that a screen reader begins with it.
  function focusFirst(root) {
    const wanted = root.querySelector("[data-autofocus]");
    if (wanted) wanted.focus();
  }

  // A form is sent once: a second click while the first is on its way does nothing.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent === "yes") {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Escape closes the menu and gives the focus back to its button.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // In a demonstration: a click on a persona fills the form of the login.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-persona]");
    if (!button) return;
    const login = document.getElementById("id_login");
    const password = document.getElementById("id_password");
    login.value = button.dataset.persona;
    password.value = button.dataset.password;
    password.form.querySelector("button[type=submit]").focus();
  });

  // Partial updates: say what failed, and never lose the focus.
  function say(text) {
    const notices = document.getElementById("notices");
    const panel = document.createElement("div");
    panel.className = "panel panel--danger";
    panel.tabIndex = -1;
    panel.append(Object.assign(document.createElement("p"), { textContent: text }));
    notices.replaceChildren(panel);
    panel.focus();
  }
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, () => say(document.body.dataset.offline));
  });
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status >= 500) say(document.body.dataset.failed);
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    const target = event.detail.target;
    if (target.hasAttribute("data-polled")) return;  // it tells by itself, and takes no focus
    focusFirst(target);
    if (target.id === "notices" && target.firstElementChild) {
      target.firstElementChild.tabIndex = -1;
      target.firstElementChild.focus();
    } else if (document.activeElement === document.body && target.isConnected) {
      if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
  });

  document.querySelectorAll("[data-script]").forEach((part) => (part.hidden = false));
  focusFirst(document);
})();
