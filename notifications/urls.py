"""Addresses of the inbox, of absences and the kept mail."""

from django.urls import path

from notifications.web import absences, inbox, mail, preferences, withheld

app_name = "notifications"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:notice>/read/", inbox.read, name="read"),
    path("inbox/preferences/", preferences.edit, name="preferences"),
    path("inbox/absence/", absences.index, name="absence"),
    path("inbox/absence/<int:absence>/end/", absences.end, name="absence-end"),
    path("withheld/", withheld.index, name="withheld"),
    path("mail/", mail.index, name="mail"),
    path("mail/<str:name>/", mail.letter, name="letter"),
]
