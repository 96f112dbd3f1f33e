"""Filters of lists: only named ones, only known values."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework.request import Request

from units.http import parameters
from units.models import OrgUnit

if TYPE_CHECKING:  # REST framework loads this module while it loads its views
    from rest_framework.views import APIView

REFERENCE = r"^[-a-zA-Z0-9_]+$"


class StrictFilters(filters.DjangoFilterBackend):
    """Refuse a parameter that the list does not know, or a value that the parameter does not."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: "APIView") -> QuerySet:
        filterset = self.get_filterset(request, queryset, view)
        known = set(filterset.filters) if filterset is not None else set()
        parameters.require_known(request, known | parameters.PAGING)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise parameters.all_invalid(
                [(name, " ".join(why)) for name, why in filterset.errors.items()]
            )
        return filterset.qs


class RefFilter(filters.CharFilter):
    """Rows that name the object `ref`; refused unless the holder sees that object.

    `known`: (request, ref) -> whether it is one. An object that only stands in a visible row counts
    as seen. So a misspelt reference is an error, and the same one as a hidden object.
    """

    def __init__(self, field_name: str, *, known: Callable[[Request, str], bool], **kwargs: Any):
        super().__init__(field_name=field_name, **({"max_length": 80} | kwargs))
        self.known = known

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        request, shown = self.parent.request, self.parent.queryset
        if not (self.known(request, value) or shown.filter(**{self.field_name: value}).exists()):
            raise parameters.invalid(
                self._name(), _("“%(value)s” is not known.") % {"value": value}
            )
        rows = qs.filter(**{self.field_name: value})
        return rows.distinct() if self.distinct else rows

    def _name(self) -> str:
        return next(name for name, filter_ in self.parent.filters.items() if filter_ is self)


def unit_is_seen(request: Request, ref: str) -> bool:
    """Say whether the holder sees a unit of this reference."""
    return OrgUnit.objects.within_reach_of(request.user, at=request.now).filter(ref=ref).exists()
