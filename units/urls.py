"""Addresses of units, offices and people; one flat list."""

from django.urls import path

from units.web import accounts, calendars, imports, offices, organisation, people, register

app_name = "units"

urlpatterns = [
    path("units/", organisation.index, name="list"),
    path("units/new/", organisation.create, name="unit-new"),
    path("units/<slug:ref>/", organisation.detail, name="detail"),
    path("units/<slug:ref>/superior/", organisation.superior, name="superior"),
    path("units/<slug:ref>/name/", organisation.rename, name="unit-name"),
    path("units/<slug:ref>/end/", organisation.end, name="unit-end"),
    path("units/<slug:ref>/offices/new/", offices.create, name="office-new"),
    path("units/<slug:ref>/watchers/new/", offices.oversee, name="oversee"),
    path("watchers/<int:watcher>/end/", offices.unwatch, name="unwatch"),
    path("offices/<slug:ref>/appoint/", offices.appoint, name="appoint"),
    path("offices/<slug:ref>/end/", offices.end, name="office-end"),
    path("appointments/<slug:ref>/end/", offices.leave, name="appointment-end"),
    path("calendar/", calendars.calendar, name="calendar-now"),
    path("calendar/<int:year>/", calendars.calendar, name="calendar"),
    path("calendar/<int:year>/propose/", calendars.propose, name="calendar-propose"),
    path("calendar/days/<int:day>/approve/", calendars.approve, name="day-approve"),
    path("calendar/days/<int:day>/withdraw/", calendars.withdraw, name="day-withdraw"),
    path("register/verify_register.py", register.verifier, name="verifier"),
    path("register/<uuid:uuid>/", register.receipt, name="receipt"),
    path("register/<uuid:uuid>/receipt.json", register.receipt_file, name="receipt-file"),
    path("people/", people.index, name="people"),
    path("people/new/", people.create, name="person-new"),
    path("people/import/", imports.begin, name="import-begin"),
    path("people/import/<uuid:ref>/", imports.detail, name="import"),
    path("people/import/<uuid:ref>/apply/", imports.apply, name="import-apply"),
    path("people/import/<uuid:ref>/drop/", imports.drop, name="import-drop"),
    path("people/template.xlsx", imports.template, name="import-template"),
    path("people/people.xlsx", imports.export, name="people-export"),
    path("people/invite/", accounts.invite_everybody, name="invite-everybody"),
    path("people/<str:username>/", people.detail, name="person"),
    path("people/<str:username>/change/", people.change, name="person-change"),
    path("people/<str:username>/reset/", people.reset, name="person-reset"),
    path("people/<str:username>/invite/", accounts.invite, name="person-invite"),
    path("people/<str:username>/vouch/", accounts.vouch, name="person-vouch"),
    path("people/<str:username>/factor/reset/", accounts.ask_reset, name="factor-reset"),
    path(
        "people/<str:username>/factor/reset/confirm/",
        accounts.confirm_reset,
        name="factor-reset-confirm",
    ),
    path(
        "people/<str:username>/factor/reset/withdraw/",
        accounts.withdraw_reset,
        name="factor-reset-withdraw",
    ),
    path("people/<str:username>/close/", people.close, name="person-close"),
    path("people/<str:username>/roles/new/", people.grant, name="role-new"),
    path("invitation/", accounts.accept, name="invitation"),
    path("invitation/<str:secret>/", accounts.arrive, name="invitation-link"),
    path("roles/<int:grant>/end/", people.end_role, name="role-end"),
]
