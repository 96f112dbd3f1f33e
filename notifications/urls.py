"""Addresses of the inbox and the kept mail."""

from django.urls import path

from notifications.web import inbox, mail, withheld

app_name = "notifications"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:notice>/read/", inbox.read, name="read"),
    path("withheld/", withheld.index, name="withheld"),
    path("mail/", mail.index, name="mail"),
    path("mail/<str:name>/", mail.letter, name="letter"),
]
