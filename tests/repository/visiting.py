"""Every address of the site, with an object behind each, and everybody who may knock there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from commitments.actions import backlog
from commitments.enums import VersionAct
from commitments.enums.policies import LadderKey
from notifications.actions import absences, notices, webhooks
from notifications.models import Notice
from tests.commitments.actions import outside
from tests.commitments.documents.authorities import cast
from tests.factories import readers
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW, Body, make_body, person
from tests.factories.corrections import CorrectiveActionFactory
from tests.factories.inspections import make_inspecting
from tests.factories.units import (
    ApiClientFactory,
    ApiTokenFactory,
    OversightFactory,
    RoleGrantFactory,
)
from units import clock
from units.actions import register
from units.models import DemonstrationClock, RegisterEntry, RoleGrant, User

VISITORS = (
    "anonymous",
    "nobody",
    "head",
    "supervisor",
    "planner",
    "assigner",
    "administrator",
    "inspector",
    "machine",
)


def routes() -> dict[str, URLPattern]:
    """Return every address pattern of the site by its name; one without a name by its route."""
    return dict(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _walk(pattern, namespace + inner)
        else:
            yield f"{namespace}{pattern.name or pattern.callback.__name__}", pattern


@dataclass
class World:
    """A body with one commitment that one of its two undertakers has signed; `words`: what stands
    in the place of each variable of an address."""

    body: Body
    visitors: dict[str, User | None]
    words: dict[str, dict[str, Any]]

    def address(self, name: str) -> str:
        """Return the address of the route `name`."""
        if name == "api:not_found":
            return "/api/v1/nothing/"
        group = name.split("-")[0] if name.startswith("api:") else name.partition(":")[0]
        pattern = routes()[name].pattern
        own = self.words.get(name, {})
        words = self.words["any"] | self.words.get(group, {}) | own
        wanted = {*pattern.converters, *pattern.regex.groupindex, *own}
        return reverse(name, kwargs={key: words[key] for key in wanted})

    def client(self, visitor: str) -> Client:
        """Return the browser or program of one visitor, in English, its login proved just now."""
        if visitor == "machine":
            return readers.machine(self.body.committee)
        client = Client(headers={"Accept-Language": "en"}, raise_request_exception=False)
        if (who := self.visitors[visitor]) is not None:
            client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
            session = client.session
            session["account_authentication_methods"] = [
                {"method": "password", "at": clock.real_now().timestamp() - 1}
            ]
            session["account_authentication_methods_user"] = str(who.pk)
            session.save()
        client.cookies["django_language"] = "en"
        return client


def make_world() -> World:
    """Build the body; the demonstration's clock stands on the morning of 2 February 2024."""
    offset = clock.real_now() - NOW
    DemonstrationClock.objects.create(offset_seconds=offset.total_seconds())
    body = make_body()
    version = body.issued()
    register.sequence()
    notices.dispatch(at=NOW)
    begun = body.prepare(VersionAct.SIGN, version, body.secretary)
    trust_set = outside.trusted(body)
    certificate = outside.registered(body, body.secretary, cast().head)
    hand_out = outside.taken(body, version, body.secretary)
    act = body.act(VersionAct.SIGN, version, body.secretary)
    inspecting = make_inspecting(body=body, more=0)
    inspecting.fix()
    inspection = inspecting.record(body.commune).ref
    people = {
        "anonymous": None,
        "nobody": person("nobody"),
        "head": body.secretary,
        "supervisor": body.supervisor,
        "planner": body.planner,
        "assigner": body.assigner,
        "administrator": person("administrator"),
        "inspector": person("inspector"),
    }
    for name in ("administrator", "inspector"):
        RoleGrantFactory(person=people[name], role=name)
    today = clock.local_date(NOW)
    away = absences.enter(
        from_on=today, to_on=today, deputy=body.planner, by=body.secretary, at=NOW
    )
    commitment = version.commitment.ref
    case = BacklogCaseFactory(
        assigned=True, unit=body.commune, assigner_unit=body.committee, office=body.first
    )
    with transaction.atomic():
        backlog.start_clock(case, at=NOW)
    explanation = case.clocks.get().explanations.create(
        generation=1, level=2, asked_at=NOW, due_on=clock.local_date(NOW)
    )
    correction = CorrectiveActionFactory(target=body.targets[0], office=body.first)
    program = ApiClientFactory(owner_unit=body.committee, ref="program")
    token = ApiTokenFactory(client=program)
    told = webhooks.create(
        url="https://1.1.1.1/hints", types=None, by=program.user, at=NOW, real_at=clock.real_now()
    ).endpoint.ref
    words = {
        "any": {
            "ref": commitment,
            "code": "2024",
            "act": VersionAct.SIGN,
            "username": "secretary",
            "version": version.pk,
            "n": 1,
            "view": 1,  # nobody has kept one
            "step": 0,  # no ladder has fired
            "run": 1,  # nobody has issued a whole plan
            "proposal": 1,  # nor proposed anything
            "kind": LadderKey.SIGN,
            "year": 2024,
            "day": 1,  # the calendar is empty
            "secret": "invented",
            "trust_set": trust_set.pk,
            "certificate": certificate.pk,
            "hand_out": hand_out.uuid,
            "batch": "00000000-0000-4000-8000-000000000000",  # nobody has begun one
        },
        "commitments:case": {"ref": case.ref},
        "commitments:case-edit": {"ref": case.ref},
        "commitments:case-act": {"ref": case.ref, "name": "extend"},
        "commitments:case-snooze": {"ref": case.ref},
        "commitments:case-take-back": {"ref": case.ref},
        "commitments:acknowledge": {"row": case.clocks.get().pk},
        "commitments:delegate": {"row": case.clocks.get().pk},
        "commitments:delegate-take-back": {"row": case.clocks.get().pk},
        **{
            f"commitments:correction-{name}": {"ref": correction.ref}
            for name in ("finish", "decide")
        },
        "commitments:explanation": {"explanation": explanation.pk},
        "units": {"ref": body.commune.ref},
        "units:appoint": {"ref": body.first.ref},
        "units:office-end": {"ref": body.first.ref},
        "units:unwatch": {"watcher": OversightFactory(unit=body.commune, position=body.first).pk},
        "units:appointment-end": {"ref": f"{body.first.ref}-1"},
        **{
            f"units:{name}": {"uuid": RegisterEntry.objects.get(kind="commitment.issue").uuid}
            for name in ("receipt", "receipt-file")
        },
        "units:client": {"ref": program.ref},
        "units:client-disable": {"ref": program.ref},
        "units:token-revoke": {"ref": program.ref, "token": token.pk},
        "units:role-end": {"grant": RoleGrant.objects.get(person=body.planner).pk},
        "notifications:webhooks": {"ref": program.ref},
        "notifications:webhook-new": {"ref": program.ref},
        **{
            f"notifications:{name}": {"ref": told}
            for name in ("webhook", "webhook-secret", "webhook-replay")
        },
        "notifications:webhook-act": {"ref": told, "act": "test"},
        "api:webhooks": {"ref": told},
        "notifications:notice": {"notice": Notice.objects.filter(recipient=body.secretary)[0].pk},
        "api:absences": {"ref": today.isoformat()},
        "notifications:read": {"notice": Notice.objects.filter(recipient=body.secretary)[0].pk},
        "notifications:absence-end": {"absence": away.pk},
        "notifications:letter": {"name": "20240202-090000-1.eml"},
        "config:problem": {"code": "not-found"},
        "commitments:plan-move": {"act": "close"},
        **{  # nobody has uploaded one
            f"{app}:{name}": {"ref": "00000000-0000-4000-8000-000000000000"}
            for app in ("commitments", "units")
            for name in ("import", "import-apply", "import-drop")
        },
        "commitments:read": {"receipt": begun.receipt.uuid},
        "commitments:confirm": {"step_up": begun.uuid},
        "commitments:receipt": {"act": act.uuid},
        "commitments:verify-code": {"code": version.sealed.code},
        "api:verify-code": {"code": version.sealed.code},
        "api:verify-file": {"sha256": "0" * 64},
        "api:units": {"ref": body.commune.ref},
        "api:appointments": {"ref": f"{body.first.ref}-1"},
        "api:cases": {"ref": case.ref, "sha256": "0" * 64},
        "api:plans": {"ref": "2024", "group": "N01"},
        "api:targets": {"ref": body.targets[0].ref},
        **{  # an address without an object behind it: reports have their own matrix
            f"commitments:{name}": {"ref": "2024-t1-2024-03"} | more
            for name, more in (
                ("report", {}),
                ("report-save", {}),
                ("report-act", {"name": "recall"}),
                ("evidence-add", {}),
                ("unlock-answer", {"unlock": 1}),
            )
        },
        "api:reports": {"ref": "2024-t1-2024-03", "sha256": "0" * 64},
        "api:inspections": {"ref": inspection, "sha256": "0" * 64},
        "commitments:inspection": {"ref": inspection},
        "commitments:inspection-correct": {"ref": inspection},
        "commitments:inspection-new": {"ref": inspecting.target.ref},
        "commitments:evidence": {"pk": 1},
        "commitments:evidence-remove": {"pk": 1},
        "account_reset_password_from_key": {"uidb36": "1", "key": "a-b"},
        "mfa_remove_webauthn": {"pk": 1},
        "mfa_edit_webauthn": {"pk": 1},
    }
    for name in routes():
        if name.startswith("commitments:target") and name != "commitments:target-new":
            words[name] = {"ref": body.targets[0].ref}
    for name in ("target-inspections", "target-counted"):
        words[f"commitments:{name}"] = {"ref": inspecting.target.ref}
    return World(body, people, words)
