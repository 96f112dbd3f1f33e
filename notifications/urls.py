"""Addresses of the inbox and the kept mail."""

from django.urls import path

from notifications.web import inbox, mail, preferences, withheld

app_name = "notifications"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:notice>/read/", inbox.read, name="read"),
    path("inbox/preferences/", preferences.edit, name="preferences"),
    path("withheld/", withheld.index, name="withheld"),
    path("mail/", mail.index, name="mail"),
    path("mail/<str:name>/", mail.letter, name="letter"),
]
