"""How accounts behave: django-allauth's decisions, taken here."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from units.http import reauth


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by an administrator; a login is a name or e-mail address with a password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Ask your administrator to open it again."),
        "email_password_mismatch": _(
            "The e-mail address or the password is not right. Check both, then try again."
        ),
        "username_password_mismatch": _(
            "The user name or the password is not right. Check both, then try again."
        ),
        "enter_current_password": _("This is not your present password. Type it again."),
        "incorrect_password": _("This is not your password. Type it again."),
        "incorrect_code": _(
            "This code is not right, or has served already. Wait for the next one, then type it."
        ),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
        "rate_limited": _("Too many attempts. Wait a few minutes, then try again."),
        "invalid_password_reset": _("This link no longer works. Ask for a new one."),
        "unknown_email": _(
            "No account has this e-mail address. Check it, or ask your administrator."
        ),
        "same_as_current": _("The new password must differ from the present one. Choose another."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whoever has just logged in is not asked again; the measure is REAUTH_MAX_AGE."""
        if reauth.is_fresh(self.request):
            return False
        return super().is_reauthentication_required(app=app)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("config:account")

    def set_password(self, user: Any, password: str) -> None:
        """Keep a password that its person has chosen: nobody else knows it from now on."""
        user.must_change_password = False
        super().set_password(user, password)

    def get_reauthentication_methods(self, user: Any) -> list[dict]:
        said = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": said[method["id"]]} for method in methods]


class MFAAdapter(DefaultMFAAdapter):
    """Second factors belong to the site of SITE_URL, under whatever name it is called today."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
        "cannot_delete_authenticator": _(
            "This second factor cannot be removed. Add another one first."
        ),
        "cannot_generate_recovery_codes": _(
            "Recovery codes come with a second factor. Add a passkey or an authenticator app first."
        ),
    }

    def get_totp_issuer(self) -> str:
        return f"{gettext('Commitments')} ({site_host()})"

    def get_totp_label(self, user: Any) -> str:
        return user.username

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": site_host(), "name": gettext("Commitments")}

    def get_public_key_credential_user_entity(self, user: Any) -> dict:
        names = {"name": user.username, "display_name": user.full_name or user.username}
        return super().get_public_key_credential_user_entity(user) | names

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        present = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": present + 1}


def site_host() -> str:
    """Return the host of SITE_URL, which is the relying party of every passkey."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def remember_language(response: HttpResponse, language: str) -> None:
    """Let this browser read the pages in `language` for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


class OwnWayInFirst:
    """Middleware: whoever was given a password chooses an own one, then a second factor, before
    anything else. The account pages themselves and the language switch stay open.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        first_steps = {
            "must_change_password": "account_change_password",
            "must_enrol_factor": "account_first_factor",
        }
        needed = [page for flag, page in first_steps.items() if getattr(request.user, flag, False)]
        if not needed:
            return None
        free = (reverse("account_login").removesuffix("login/"), reverse("config:language"))
        if request.path.startswith(free):
            return None
        return redirect(needed[0])
