"""The forms of the account pages: our labels, no placeholders, codes that serve once."""

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

from units.http import login_codes


class Plain:
    """A form whose fields say what they are by label and help alone."""

    fields: dict[str, forms.Field]
    LABELS: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.LABELS:
                field.label = self.LABELS[name]


class LoginForm(Plain, account.LoginForm):
    LABELS: ClassVar[dict[str, Any]] = {
        "login": _("User name or e-mail address"),
        "password": _("Password"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""  # the way to a new one stands under the form
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class ReauthenticateForm(Plain, account.ReauthenticateForm):
    LABELS: ClassVar[dict[str, Any]] = {"password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class ChangePasswordForm(Plain, account.ChangePasswordForm):
    LABELS: ClassVar[dict[str, Any]] = {
        "oldpassword": _("Present password"),
        "password1": _("New password"),
        "password2": _("New password once more"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""


class SetPasswordForm(Plain, account.SetPasswordForm):
    LABELS: ClassVar[dict[str, Any]] = {
        "password1": _("New password"),
        "password2": _("New password once more"),
    }


class ResetPasswordForm(Plain, account.ResetPasswordForm):
    LABELS: ClassVar[dict[str, Any]] = {"email": _("E-mail address")}


class ResetPasswordKeyForm(Plain, account.ResetPasswordKeyForm):
    LABELS: ClassVar[dict[str, Any]] = {
        "password1": _("New password"),
        "password2": _("New password once more"),
    }


class CodeForm(Plain):
    """A form with one code of an authenticator or one recovery code."""

    LABELS: ClassVar[dict[str, Any]] = {"code": _("Code of your authenticator")}
    HELP = _("Six digits; a recovery code will do, too.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = self.HELP
        self.fields["code"].widget.attrs |= {
            "class": "input--code",
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": 12,
        }


class OnceOnly:
    """A code of the tolerated steps serves once, too; the library forgets it after one step."""

    def clean_code(self) -> str:
        code = super().clean_code()  # type: ignore[misc]
        of_app = self.authenticator.type == Authenticator.Type.TOTP
        if of_app and not login_codes.spend(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(CodeForm, OnceOnly, mfa.AuthenticateForm):
    pass


class ReauthenticateByCodeForm(CodeForm, OnceOnly, mfa.ReauthenticateForm):
    pass


class ActivateTOTPForm(CodeForm, totp.ActivateTOTPForm):
    LABELS: ClassVar[dict[str, Any]] = {"code": _("The six digits that the app shows now")}
    HELP = ""  # type: ignore[assignment]


class EditPasskeyForm(Plain, webauthn.EditWebAuthnForm):
    LABELS: ClassVar[dict[str, Any]] = {"name": _("Name of this passkey")}
