// Hashes a file on the reader's own device and sends only its SHA-256: the file has no name in the form.
(function () {
  "use strict";

  const form = document.querySelector("[data-verify-file]");
  const chosen = form.querySelector("input[type=file]");
  const field = form.querySelector("[name=sha256]");
  const said = form.querySelector("[data-verify-said]");

  async function digest(file) {
    const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  chosen.addEventListener("change", async function () {
    if (!chosen.files.length) return;
    said.textContent = form.dataset.verifyBusy;
    try {
      field.value = await digest(chosen.files[0]);
      form.requestSubmit();
    } catch {
      said.textContent = form.dataset.verifyFailed; // over plain HTTP browsers lend no cryptography
    }
  });
})();
