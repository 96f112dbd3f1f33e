"""Taking the evidence of a commitment away."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from commitments.actions import bundles
from commitments.models import CommitmentVersion
from units.http.requests import WebRequest


@login_required
@require_GET
def download(request: WebRequest, ref: str, n: int) -> HttpResponse:
    """Send the evidence of one version as an archive, to whoever may see the version."""
    rows = CommitmentVersion.objects.visible_to(request.user, at=request.now).for_verification()
    version = rows.filter(commitment__ref=ref, n=n).first()
    if version is None:
        raise Http404
    return HttpResponse(
        bundles.bundle_of(version),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{version.ref}-evidence.zip"'},
    )
