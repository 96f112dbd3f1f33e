"""Corrective actions of a target that was not met."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from commitments.models import CorrectiveAction
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import PositionFactory, UserFactory


class CorrectiveActionFactory(DjangoModelFactory):
    """One that is to be done, of a target without a verdict: whoever needs one records it."""

    class Meta:
        model = CorrectiveAction

    target = factory.LazyFunction(lambda: target_of(CommitmentFactory()).target)
    cause = "funding"
    reason = "Vốn về chậm."
    remedy = "Bố trí vốn trong quý I."
    office = factory.SubFactory(PositionFactory)
    due_on = date(2024, 3, 29)
    written_on = date(2024, 2, 2)
    written_by = factory.SubFactory(UserFactory)
