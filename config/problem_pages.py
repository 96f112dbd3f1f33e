"""One page for each code that a refusal can carry: what it means, what to do."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from units.http import codes


@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one code, to anybody: it says nothing about anything stored."""
    found = codes.registry().get(code)
    if found is None:
        raise Http404
    return render(request, "problems/problem.html", {"problem": found})


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """List all codes by status."""
    found = sorted(codes.registry().values(), key=lambda code: (code.status, code.code))
    return render(request, "problems/problems.html", {"problems": found})
