"""Units that keep their identity while names, codes and superiors change around them."""

from collections.abc import Iterator, Mapping
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from units import clock
from units.enums import Provenance, Tree, UnitKind
from units.querysets.organisation import OrgEdgeQuerySet, OrgUnitQuerySet, PositionQuerySet


class OrgUnit(models.Model):
    """A body that is assigned targets or assigns them. Its `ref` never changes; its name may."""

    ref = models.SlugField(_("permanent reference"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=UnitKind)
    valid_from = models.DateField(_("exists from"))
    valid_to = models.DateField(_("exists until (first day without it)"), null=True, blank=True)
    founding_decision = models.CharField(_("founding decision"), max_length=200, blank=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    source_ref = models.CharField(max_length=500, blank=True)
    etag_version = models.PositiveIntegerField(default=1)
    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="orgunit_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("A unit ends after it begins."),
            ),
            models.CheckConstraint(
                name="orgunit_sourced_has_ref",
                condition=Q(provenance__in=["live", "synthetic"]) | ~Q(source_ref=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name today in the reader's language; `ref` while the unit has none.

        Lists prefetch it with `OrgUnitQuerySet.with_names`.
        """
        return self.name_on(clock.local_date(clock.real_now()))

    def name_on(self, day: date) -> str:
        """Return the name on `day` in the reader's language: a name that begins later is not yet it.

        The last one after the unit has ended, the first one before it began.
        """
        version = self.version_on(day)
        if version is None:
            return self.ref
        return version.name_en if get_language() == "en" and version.name_en else version.name_vi

    @classmethod
    def names_of(cls, refs: Mapping[int, str], *, on: date) -> Iterator[tuple[str, str]]:
        """Yield reference and name on the day `on` of each unit, in the order of `refs`.

        `refs`: reference by key. As `name_on` tells it, in one query and without a row of a model.
        """
        english = get_language() == "en"
        rows = OrgUnitVersion.objects.filter(unit__in=list(refs)).order_by("-valid_from")
        found: dict[int, str] = {}
        begun: set[int] = set()
        for unit, name, other, first in rows.values_list(
            "unit_id", "name_vi", "name_en", "valid_from"
        ):
            if unit not in begun:  # the newest that has begun, else the first there was
                found[unit] = other if english and other else name
            if first <= on:
                begun.add(unit)
        for key, ref in refs.items():
            yield ref, found.get(key, ref)

    @property
    def version_now(self) -> "OrgUnitVersion | None":
        """The version that holds today, by real time: a demonstration has no other names."""
        return self.version_on(clock.local_date(clock.real_now()))

    def version_on(self, day: date) -> "OrgUnitVersion | None":
        """Return the version that holds on `day`, else the nearest one; None: the unit has none."""
        versions = sorted(self.versions.all(), key=lambda version: version.valid_from)
        begun = [version for version in versions if version.valid_from <= day]
        return next(iter(begun[-1:] or versions), None)


class OrgUnitVersion(models.Model):
    """What the unit was called, and under which official code, in one span of days."""

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="versions")
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    official_code = models.CharField(_("official code"), max_length=20, blank=True)
    code_system = models.CharField(_("code system"), max_length=20, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="orgunitversion_one_open", fields=["unit"], condition=Q(valid_to=None)
            ),
            models.CheckConstraint(
                name="orgunitversion_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="orgunitversion_code_one_open_holder",
                fields=["code_system", "official_code"],
                condition=Q(valid_to=None) & ~Q(official_code=""),
                violation_error_message=_("Another unit holds this code today."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name_vi} ({self.valid_from}–{self.valid_to or ''})"


class OrgEdge(models.Model):
    """Who stands under whom, in which line, from when to when."""

    parent = models.ForeignKey(OrgUnit, models.PROTECT, related_name="edges_down")
    child = models.ForeignKey(OrgUnit, models.PROTECT, related_name="edges_up")
    tree = models.CharField(max_length=12, choices=Tree)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    objects = OrgEdgeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="orgedge_not_to_itself",
                condition=~Q(parent=F("child")),
                violation_error_message=_("A unit does not stand under itself."),
            ),
            models.UniqueConstraint(
                name="orgedge_one_open_parent",
                fields=["child", "tree"],
                condition=Q(valid_to=None),
                violation_error_message=_("This unit already has a superior in that line."),
            ),
            models.CheckConstraint(
                name="orgedge_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} under {self.parent_id} ({self.tree})"


class Position(models.Model):
    """An office of a unit. People come and go through appointments; the office stays."""

    ref = models.SlugField(max_length=60, unique=True)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="positions")
    title_vi = models.CharField(_("title in Vietnamese"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    tree = models.CharField(_("line"), max_length=12, choices=Tree, default=Tree.ADMIN)
    is_head = models.BooleanField(_("heads the unit in this line"), default=False)
    rank = models.PositiveSmallIntegerField(_("rank"), default=1)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)
    objects = PositionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="position_one_open_head",
                fields=["unit", "tree"],
                condition=Q(is_head=True, valid_to=None),
                violation_error_message=_("This unit already has a head in that line."),
            ),
            models.CheckConstraint(
                name="position_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if get_language() == "en" and self.title_en else self.title_vi
