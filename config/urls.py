"""The map of addresses. Each app lists its own; here stand the shell and what belongs to no app.

/healthz is answered by `config.middleware.HealthFirst`, before sessions and host names.
"""

from importlib.util import find_spec

from django.urls import include, path

from config import account_pages, metrics, problem_pages, status

shell = [
    path("status/", status.status, name="status"),
    path("metrics", metrics.metrics, name="metrics"),
    path("account/", account_pages.account, name="account"),
    path("problems/", problem_pages.problems, name="problems"),
    path("problems/<slug:code>/", problem_pages.problem, name="problem"),
    path("language/", account_pages.language, name="language"),
]
handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
urlpatterns = [
    path("", include((shell, "config"))),
    path("api/", include("config.api_urls")),
    path("accounts/", include("config.account_urls")),
    *[
        path("", include(f"{app}.urls"))
        for app in ("commitments", "units", "notifications")
        if find_spec(f"{app}.urls")
    ],
]
