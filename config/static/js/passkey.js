// Passkeys: asks the browser for a credential and puts its JSON into the form's field `credential`.
//
//   <form data-passkey='OPTIONS'>           prove: PublicKeyCredentialRequestOptions as JSON
//   <form data-passkey-create='OPTIONS'>    enrol: PublicKeyCredentialCreationOptions as JSON
//   <form data-passkey-login>               prove who one is: options come from the form's own address
//
// Each form holds <input type="hidden" name="credential"> and <button data-passkey-button>; what goes
// wrong is written into [data-passkey-error], a live region. OPTIONS may stand under "publicKey".
(function () {
  "use strict";

  const MESSAGES = document.body.dataset;

  function bytes(text) {
    const plain = text.replace(/-/g, "+").replace(/_/g, "/");
    const padded = plain + "=".repeat((4 - (plain.length % 4)) % 4);
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0)).buffer;
  }

  function text(buffer) {
    const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function parsed(json) {
    const options = json.publicKey || json;
    const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
    const result = { ...options, challenge: bytes(options.challenge) };
    if (options.user) result.user = { ...options.user, id: bytes(options.user.id) };
    if (options.allowCredentials) result.allowCredentials = known(options.allowCredentials);
    if (options.excludeCredentials) result.excludeCredentials = known(options.excludeCredentials);
    return result;
  }

  function written(credential) {
    const answer = credential.response;
    const response = { clientDataJSON: text(answer.clientDataJSON) };
    if (answer.attestationObject) {
      response.attestationObject = text(answer.attestationObject);
      response.transports = answer.getTransports ? answer.getTransports() : [];
    } else {
      response.authenticatorData = text(answer.authenticatorData);
      response.signature = text(answer.signature);
      response.userHandle = answer.userHandle ? text(answer.userHandle) : null;
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: response,
    });
  }

  async function ask(form) {
    if ("passkeyCreate" in form.dataset) {
      const publicKey = parsed(JSON.parse(form.dataset.passkeyCreate));
      publicKey.authenticatorSelection = {
        ...publicKey.authenticatorSelection,
        residentKey: "preferred",
        requireResidentKey: false,
        userVerification: "required",
      };
      return navigator.credentials.create({ publicKey });
    }
    let options = form.dataset.passkey;
    if ("passkeyLogin" in form.dataset) {
      const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      options = JSON.stringify((await answer.json()).request_options);
    }
    return navigator.credentials.get({ publicKey: parsed(JSON.parse(options)) });
  }

  function explain(form, message) {
    const place = form.querySelector("[data-passkey-error]");
    place.textContent = message;
  }

  document.addEventListener(
    "submit",
    async function (event) {
      const form = event.target;
      const button = event.submitter;
      if (!button || !button.hasAttribute("data-passkey-button") || form.dataset.passkeyReady) return;
      event.preventDefault();
      event.stopPropagation();
      if (!window.PublicKeyCredential) {
        explain(form, MESSAGES.passkeyMissing);
        return;
      }
      explain(form, "");
      button.setAttribute("aria-disabled", "true");
      try {
        const credential = await ask(form);
        form.elements.credential.value = written(credential);
        form.dataset.passkeyReady = "yes";
        form.requestSubmit(button);
      } catch (error) {
        const known = error.name === "InvalidStateError";
        explain(form, known ? MESSAGES.passkeyKnown : MESSAGES.passkeyFailed);
        button.focus();
      } finally {
        button.removeAttribute("aria-disabled");
        delete form.dataset.passkeyReady;
      }
    },
    true,
  );
})();
