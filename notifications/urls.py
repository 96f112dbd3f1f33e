"""Addresses of the inbox, of absences, of where programs are told, and of the kept mail."""

from django.urls import path

from notifications.web import (
    absences,
    inbox,
    mail,
    preferences,
    telephones,
    told,
    webhooks,
    withheld,
)

app_name = "notifications"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:notice>/", inbox.show, name="notice"),
    path("inbox/<int:notice>/read/", inbox.read, name="read"),
    path("inbox/preferences/", preferences.edit, name="preferences"),
    path("inbox/telephone/", telephones.edit, name="telephone"),
    path("inbox/telephone/code/", telephones.verify, name="telephone-code"),
    path("inbox/telephone/remove/", telephones.remove, name="telephone-remove"),
    path("inbox/absence/", absences.index, name="absence"),
    path("inbox/absence/<int:absence>/end/", absences.end, name="absence-end"),
    path("register/steps/<int:step>/", told.step, name="step"),
    path("withheld/", withheld.index, name="withheld"),
    path("clients/<slug:ref>/webhooks/", webhooks.index, name="webhooks"),
    path("clients/<slug:ref>/webhooks/new/", webhooks.create, name="webhook-new"),
    path("webhooks/<slug:ref>/", webhooks.detail, name="webhook"),
    path("webhooks/<slug:ref>/secret/", webhooks.rotate, name="webhook-secret"),
    path("webhooks/<slug:ref>/replay/", webhooks.replay, name="webhook-replay"),
    path("webhooks/<slug:ref>/<slug:act>/", webhooks.act, name="webhook-act"),
    path("mail/", mail.index, name="mail"),
    path("mail/<str:name>/", mail.letter, name="letter"),
]
