"""Every code that a refusal can carry, with what it means and what to do: the pages of problems.

Codes never change: programs compare them. An app adds its own in its `http/codes.py`.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _


class Code(NamedTuple):
    """`title`: what it means, without naming anything. `advice`: what the reader can do now."""

    code: str
    status: int
    title: str | Promise
    advice: str | Promise


READ_THE_DESCRIPTION = _("Compare the request with the description of the API and send it again.")
ASK_FOR_A_TOKEN = _("Ask the administrator of the owning unit for a new token.")
OPEN_AGAIN = _("Open the page again, look at what has changed, then decide.")
ASK_ADMINISTRATOR = _("Ask the administrator, who can see and change these appointments and roles.")

CODES: tuple[Code, ...] = (
    # --- the request as such ---
    Code("bad-request", 400, _("The request cannot be understood."), READ_THE_DESCRIPTION),
    Code(
        "malformed-json",
        400,
        _("The body is not valid JSON."),
        _(
            "Send UTF-8 JSON without repeated names, lone surrogates, NaN, Infinity, or numbers of "
            "more than 18 digits before or 6 behind the point."
        ),
    ),
    Code(
        "duplicate-field",
        400,
        _("A name stands twice in one JSON object."),
        _("Send every name once: readers would disagree on which of the two counts."),
    ),
    Code(
        "unknown-field",
        400,
        _("The body has a field that this address does not know."),
        _("Remove or correct the fields that are named under “errors”. Nothing was done."),
    ),
    Code(
        "invalid",
        400,
        _("A field of the body has a value of the wrong form."),
        _("Correct the fields that are named under “errors”. Nothing was done."),
    ),
    Code(
        "unknown-parameter",
        400,
        _("The address has a parameter that is not known here."),
        _("Remove or correct it: a misspelt filter would otherwise answer too much."),
    ),
    Code(
        "invalid-parameter",
        400,
        _("A parameter of the address has a value that is not known."),
        _("Correct the parameters that are named under “errors”."),
    ),
    Code(
        "idempotency-key-missing",
        400,
        _("The request does something and has no key that makes its repetition harmless."),
        _("Send a new key for each thing to be done in the header “Idempotency-Key”."),
    ),
    Code(
        "idempotency-key-malformed",
        400,
        _("The key of the request has a form that is not taken."),
        _("Send 16 to 64 visible ASCII signs without a space, a random UUID for example."),
    ),
    Code(
        "page-invalid",
        400,
        _("The page token is not one that this list gave to you."),
        _("Follow the address under “next” unchanged, or begin again without “page”."),
    ),
    Code(
        "cursor-invalid",
        400,
        _("The cursor is not one that this service has given."),
        _("Send the cursor of the last answer unchanged, or begin again at “changes/start”."),
    ),
    Code(
        "cursor-mismatch",
        400,
        _("The cursor was given to another client."),
        _("Begin at “changes/start” with the token of this client."),
    ),
    Code(
        "not-authenticated",
        401,
        _("Nobody is logged in and no token was sent."),
        _("Send the header “Authorization: Bearer” with a token, or log in."),
    ),
    Code("token-invalid", 401, _("The token is not known."), ASK_FOR_A_TOKEN),
    Code("token-expired", 401, _("The token has expired."), ASK_FOR_A_TOKEN),
    Code("token-revoked", 401, _("The token was revoked."), ASK_FOR_A_TOKEN),
    Code(
        "client-disabled",
        401,
        _("The machine client of this token is disabled."),
        _("Ask the administrator of the owning unit why."),
    ),
    Code("not-allowed", 403, _("You may not do this."), ASK_ADMINISTRATOR),
    Code(
        "scope-missing",
        403,
        _("The token does not have the scope that this address asks for."),
        _("Ask the administrator of the owning unit for a client with the scope that is named."),
    ),
    Code(
        "human-only",
        403,
        _("This is an act of a person: no token ever does it."),
        _("The person who holds the office logs in and acts on the page."),
    ),
    Code(
        "use-the-page",
        403,
        _("This act is done on its page, where the text is read and a factor confirms it."),
        _("Open the address under “page”."),
    ),
    Code(
        "csrf-failed",
        403,
        _("The form does not prove that it comes from this site."),
        _("Open the page again and send the form from there; allow cookies for this site."),
    ),
    Code(
        "not-found",
        404,
        _("There is nothing at this address, or nothing that you may see."),
        _(
            "Check the reference. Addresses of the API end with a slash, “/changes” and what stands under it without one."
        ),
    ),
    Code(
        "no-document",
        404,
        _("This version has no document yet."),
        _("Its document is made when it is issued."),
    ),
    Code(
        "no-revision",
        404,
        _("The document has no such revision."),
        _("Read the commitment: “revisions” lists those that there are."),
    ),
    Code(
        "method-not-allowed",
        405,
        _("This address does not know this method."),
        _("The header “Allow” of the answer lists the methods that it knows."),
    ),
    Code(
        "not-acceptable",
        406,
        _("This address cannot answer in the form that was asked for."),
        _("Send “Accept: application/json”, or no such header."),
    ),
    Code(
        "cursor-expired",
        410,
        _("The cursor is older than what is kept of the feed."),
        _(
            "Build a new copy from the address under “restart”, then put it in the place of the old one."
        ),
    ),
    Code(
        "history-changed",
        410,
        _("The service was put back from a backup: acts that you know may be lost."),
        _(
            "Build a new copy from the address under “restart”, then put it in the place of the old one."
        ),
    ),
    Code(
        "scope-changed",
        410,
        _("The client may see other units or types than when it began."),
        _(
            "Build a new copy from the address under “restart”, then put it in the place of the old one."
        ),
    ),
    Code(
        "too-large",
        413,
        _("The body is too large."),
        _("Send at most 1 MiB of JSON, and files of at most 10 MiB."),
    ),
    Code(
        "unsupported-media-type",
        415,
        _("The body is not of the kind that this address takes."),
        _(
            "Send “Content-Type: application/json” and UTF-8; a file as “application/octet-stream”, "
            "whatever it holds."
        ),
    ),
    Code(
        "object-changed",
        412,
        _("The object has changed since it was read."),
        _("Read it again, decide anew, and send its new tag. “etag” is that tag."),
    ),
    Code(
        "reference-unknown",
        422,
        _("The body names an object that is not there, or that you may not see."),
        _("Correct the references that are named under “errors”. Nothing was done."),
    ),
    Code(
        "rule-broken",
        422,
        _("These values break a rule of the trade."),
        _("Correct the fields that are named under “errors”. Nothing was done."),
    ),
    Code(
        "batch-refused",
        422,
        _("An item of the batch is refused, so nothing of it was done."),
        _("Correct the items that are named under “errors”, or send them without “atomic”."),
    ),
    Code(
        "key-reused",
        422,
        _("The key of the request belongs to another request of the same client."),
        _("Choose a new key for each request; repeat a key only with the same address and body."),
    ),
    Code(
        "still-running",
        409,
        _("The same request, with the same key, is still running."),
        _("Wait as many seconds as the header “Retry-After” says, then send it again unchanged."),
    ),
    Code(
        "wrong-state",
        409,
        _("The object is in a state in which this is not done."),
        _("Read the object: its state says what can be done now."),
    ),
    Code(
        "version-missing",
        428,
        _("The request does not say which version it has seen."),
        OPEN_AGAIN,
    ),
    Code(
        "too-many-requests",
        429,
        _("There were more requests in this minute than one client may make."),
        _("Wait as many seconds as the header “Retry-After” says."),
    ),
    Code(
        "server-error",
        500,
        _("Something went wrong on our side. Nothing was written."),
        _("Try again later. If it stays so, tell the administrator the number of the request."),
    ),
    Code(
        "busy",
        503,
        _("Too much is being written at this moment. Nothing was written."),
        _("Wait as many seconds as the header “Retry-After” says, then send it again unchanged."),
    ),
    Code(
        "seal-missing",
        503,
        _("The organisation's seal cannot be opened. Nothing was written."),
        _("Tell the administrator of the installation; trying again does not help."),
    ),
    Code(
        "timestamp-unavailable",
        503,
        _("The timestamp service does not answer as it should. Nothing was written."),
        _("Try again in a few minutes."),
    ),
)


@cache
def registry() -> Mapping[str, Code]:
    """Return every code of every installed app. Raises ValueError for one that is listed twice."""
    found: dict[str, Code] = {}
    for app in apps.get_app_configs():
        if not module_has_submodule(app.module, "http"):
            continue
        package = import_module(f"{app.name}.http")
        if module_has_submodule(package, "codes"):
            _add(found, import_module(f"{app.name}.http.codes").CODES)
    return found


def _add(found: dict[str, Code], codes: Iterable[Code]) -> None:
    for code in codes:
        if found.setdefault(code.code, code) != code:
            raise ValueError(f"The problem code {code.code} is listed twice.")
