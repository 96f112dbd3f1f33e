"""Addresses under /api/: one line per collection, and a problem for every other one."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from commitments.api import changes as commitments_changes
from commitments.api.backlog import CaseCollection
from commitments.api.commitments import CommitmentCollection
from commitments.api.inspections import InspectionCollection
from commitments.api.plans import PlanCollection
from commitments.api.reports import ReportCollection
from commitments.api.signatures import BODIES, address_of
from commitments.api.targets import TargetCollection
from commitments.api.verify import VerifyCode, VerifyFile
from config import api
from notifications.api.absences import AbsenceCollection
from notifications.api.webhooks import WebhookCollection
from units.api import changes
from units.api.appointments import AppointmentCollection
from units.api.organisation import UnitCollection

app_name = "api"

router = SimpleRouter()
router.register("units", UnitCollection, basename="units")
router.register("appointments", AppointmentCollection, basename="appointments")
router.register("plans", PlanCollection, basename="plans")
router.register("targets", TargetCollection, basename="targets")
router.register("commitments", CommitmentCollection, basename="commitments")
router.register("reports", ReportCollection, basename="reports")
router.register("inspections", InspectionCollection, basename="inspections")
router.register("cases", CaseCollection, basename="cases")
router.register("absences", AbsenceCollection, basename="absences")
router.register("webhooks", WebhookCollection, basename="webhooks")

feeds = (*changes.FEEDS, *commitments_changes.FEEDS)

version_1 = [
    path("", api.Root.as_view(), name="root"),
    path("schema/", api.Schema.as_view(), name="schema"),
    path("docs/", api.docs, name="docs"),
    path("changes/start", changes.Start.as_view(feeds=feeds), name="changes-start"),
    path("changes", changes.Changes.as_view(feeds=feeds), name="changes"),
    path("", include(router.urls)),
    path("verify/sha256/<str:sha256>/", VerifyFile.as_view(), name="verify-file"),
    path("verify/<str:code>/", VerifyCode.as_view(), name="verify-code"),
    *[
        path(f"commitments/<slug:ref>/{act.value}/", address_of(act), name=f"commitments-{act}")
        for act in BODIES
    ],
]

urlpatterns = [path("v1/", include(version_1)), re_path("", api.not_found)]
