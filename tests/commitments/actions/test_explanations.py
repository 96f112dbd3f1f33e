"""An explanation asked by a step: given by the holder, judged by who watches, once each."""

from datetime import date

import pytest

from commitments.actions import cases, explanations
from commitments.enums import ClockKind
from commitments.models import Explanation
from tests.factories.clocks import local, make_scene, start
from tests.factories.units import RoleGrantFactory
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
AT = local(date(2024, 5, 6), 9)


def asked(of="case"):
    """Let a case or a version reach level 2; return scene, explanation, holder and supervisor."""
    scene = make_scene()
    if of == "case":
        subject = scene.case()
        start(subject, kind=ClockKind.CASE, due_on=date(2024, 4, 26))
        holder = subject.office.appointments.get().person
        cases.sweep(at=local(date(2024, 5, 3)))
    else:
        subject = scene.version()
        start(subject, due_on=date(2024, 4, 26))
        holder = subject.first_undertaker.appointments.get().person
        cases.sweep(at=local(date(2024, 5, 3)))
    supervisor = RoleGrantFactory(role="supervisor", unit=scene.district).person
    return scene, Explanation.objects.get(), holder, supervisor


@pytest.mark.parametrize("of", ["case", "version"])
def test_the_holder_explains_and_a_supervisor_accepts(of):
    _scene, explanation, holder, supervisor = asked(of)
    explanations.give(explanation_id=explanation.pk, text=" Mưa lũ ", by=holder, at=AT)
    done = explanations.judge(explanation_id=explanation.pk, accepted=True, by=supervisor, at=AT)

    assert (done.text, done.given_by, done.accepted, done.decided_by) == (
        "Mưa lũ",
        holder,
        True,
        supervisor,
    )
    kinds = RegisterEntry.objects.filter(kind__startswith="explanation").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["explanation.give", "explanation.accept"]


def test_who_may_and_in_which_order():
    scene, explanation, holder, supervisor = asked()
    RoleGrantFactory(person=holder, role="supervisor", unit=scene.district)
    key = {"explanation_id": explanation.pk, "at": AT}

    def give(by, text="Mưa lũ"):
        return explanations.give(**key, text=text, by=by)

    def judge(by, *, accepted=True, answer=""):
        return explanations.judge(**key, accepted=accepted, by=by, answer=answer)

    for refused, act in [
        ((NotAllowed, "explain-not-allowed"), lambda: give(supervisor)),
        ((Invalid, "explanation-missing"), lambda: give(holder, " ")),
        ((Conflict, "not-explained"), lambda: judge(supervisor)),
    ]:
        with pytest.raises(refused[0], match=refused[1]):
            act()
    give(holder)
    for refused, act in [
        ((Conflict, "explained-already"), lambda: give(holder)),
        ((NotAllowed, "judge-not-allowed"), lambda: judge(holder)),
        ((NotAllowed, "judge-not-allowed"), lambda: judge(scene.leader)),
        ((Invalid, "answer-missing"), lambda: judge(supervisor, accepted=False)),
    ]:
        with pytest.raises(refused[0], match=refused[1]):
            act()
    judge(supervisor, accepted=False, answer="Không có minh chứng")
    with pytest.raises(Conflict, match="judged-already"):
        judge(supervisor)
    with pytest.raises(NotFound, match="explanation-not-found"):
        explanations.give(explanation_id=0, text="x", by=holder, at=AT)
