"""The ways into an account on pages: invitations, lost factors, passwords that were handed over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import password_validation
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from units import clock
from units.actions import accounts, people
from units.errors import NotFound, Refused
from units.http.requests import WebRequest
from units.models import User
from units.web import refusals
from units.web.fields import WordsField
from units.web.organisation import page
from units.web.people import SHOWN, person_or_404, require_administrator

ARRIVED = "invitation"  # where a session keeps the secret of the link that was opened


class ChosenPasswordForm(forms.Form):
    """The password that an invited person chooses."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least ten characters. A sentence that only you know is best."),
    )
    again = forms.CharField(
        label=gettext_lazy("Your password once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, person: User) -> None:
        super().__init__(data)
        self.person = person

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        password, again = found.get("password"), found.get("again")
        if password and again and password != again:
            self.add_error("again", _("The two are not the same. Type the password once more."))
        if password:
            try:
                password_validation.validate_password(password, self.person)
            except ValidationError as error:
                self.add_error("password", error)
        return found


class ReasonForm(forms.Form):
    reason = WordsField(
        label=gettext_lazy("Why, and how you know that it is this person who asks"),
        rows=4,
    )


@never_cache
def arrive(request: WebRequest, secret: str) -> HttpResponse:
    """Take the secret out of the address, so that no log and no history keeps it, and go on.

    Opening the link spends nothing: scanners of mail open links.
    """
    request.session[ARRIVED] = secret
    return redirect("units:invitation")


@never_cache
@sensitive_post_parameters("password", "again")
def accept(request: WebRequest) -> HttpResponse:
    """Let an invited person choose a password."""
    secret = request.session.get(ARRIVED, "")
    try:
        invitation = accounts.invitation_behind(secret, real_at=clock.real_now())
    except NotFound as refused:
        return render(request, "units/invitation_gone.html", {"refused": refused}, status=404)
    form = ChosenPasswordForm(request.POST or None, person=invitation.person)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.accept(
                secret=secret,
                password=form.cleaned_data["password"],
                at=request.now,
                real_at=clock.real_now(),
            )
        except NotFound as refused:
            return render(request, "units/invitation_gone.html", {"refused": refused}, status=404)
        request.session.pop(ARRIVED, None)
        messages.success(request, _("Your password is set. Log in with it now."))
        return redirect("account_login")
    context = {"form": form, "invitation": invitation}
    status = 422 if request.method == "POST" else 200
    return render(request, "units/invitation.html", context, status=status)


@login_required
@require_POST
def invite(request: WebRequest, username: str) -> HttpResponse:
    """Send a person an invitation; an earlier one stops working."""
    person = person_or_404(request, username)
    invitation = accounts.invite(
        person_id=person.pk, by=request.user, at=request.now, real_at=clock.real_now()
    )
    messages.success(
        request, _("An invitation is on its way to %(address)s.") % {"address": invitation.sent_to}
    )
    return redirect("units:person", username=username)


@login_required
@require_POST
def invite_everybody(request: WebRequest) -> HttpResponse:
    """Invite everybody who has never been in and has no open invitation; show what came of each."""
    require_administrator(request)
    real_at = clock.real_now()
    results: list[tuple[User, Refused | None]] = []
    for person in User.objects.to_invite(real_at=real_at).exclude(pk=request.user.pk):
        try:
            accounts.invite(person_id=person.pk, by=request.user, at=request.now, real_at=real_at)
        except Refused as refused:
            results.append((person, refused))
        else:
            results.append((person, None))
    done = sum(refused is None for _person, refused in results)
    return render(request, "units/invited.html", {"results": results, "done": done})


@login_required
def ask_reset(request: WebRequest, username: str) -> HttpResponse:
    """Ask that the lost second factor of a person be removed."""
    person = person_or_404(request, username)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            accounts.ask_factor_reset(
                person_id=person.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=request.now,
                real_at=clock.real_now(),
            )
            messages.success(request, _("Asked. A second administrator confirms it."))
            return redirect("units:person", username=username)
    title = _("The second factor of %(person)s is lost") % {"person": person.full_name}
    return page(request, form, title, _("Ask for the reset"), back=f"/people/{username}/")


@login_required
@require_POST
def confirm_reset(request: WebRequest, username: str) -> HttpResponse:
    """Confirm, as the second administrator, that the factors of a person are removed."""
    person = person_or_404(request, username)
    invitation = accounts.confirm_factor_reset(
        person_id=person.pk, by=request.user, at=request.now, real_at=clock.real_now()
    )
    if invitation is None:
        opened = people.reset_password(person_id=person.pk, by=request.user, at=request.now)
        request.session[SHOWN] = [username, opened.password]
    messages.success(request, _("The second factor is removed, and its person is told."))
    return redirect("units:person", username=username)


@login_required
@require_POST
def withdraw_reset(request: WebRequest, username: str) -> HttpResponse:
    """Take a reset back that nobody has confirmed."""
    person = person_or_404(request, username)
    accounts.withdraw_factor_reset(
        person_id=person.pk, by=request.user, at=request.now, real_at=clock.real_now()
    )
    messages.success(request, _("The reset is withdrawn."))
    return redirect("units:person", username=username)


@login_required
@require_POST
def vouch(request: WebRequest, username: str) -> HttpResponse:
    """Vouch, as a second administrator, that a handed-over password reached its person."""
    person = person_or_404(request, username)
    accounts.vouch(person_id=person.pk, by=request.user, at=request.now)
    messages.success(request, _("Noted: the account is in the hands of its person."))
    return redirect("units:person", username=username)
