"""Where a program wants to be told of changes: it enters, changes and removes its own addresses."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.actions import hints, webhooks
from notifications.api.bodies import (
    DELIVERIES,
    DELIVERY,
    ENDPOINTS,
    NEW,
    REPLAYED,
    SECRET,
    ChangedWebhookSerializer,
    DeliverySerializer,
    NewWebhookSerializer,
    ReplayedSerializer,
    ReplaySerializer,
    RotateSerializer,
    SecretSerializer,
    WebhookSerializer,
    example,
    tag_of,
)
from notifications.enums import WebhookDeliveryState, WebhookState
from notifications.models import WebhookDelivery, WebhookEndpoint
from units import clock
from units.enums import Scope, UserKind
from units.errors import NotAllowed
from units.http.idempotency import Keep, idempotent, idempotent_where_it_commits
from units.http.paging import NewestFirst
from units.http.writing import Collection, NothingSerializer
from units.models import User


class WebhookFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=WebhookState.choices, label=_("state"))

    class Meta:
        model = WebhookEndpoint
        fields: list[str] = []


class DeliveryFilter(filters.FilterSet):
    """Of rows that are no addresses, so that it names no model."""

    state = filters.ChoiceFilter(choices=WebhookDeliveryState.choices, label=_("state"))


def own(user: User, _row: WebhookEndpoint | None, *, at: datetime) -> bool:
    """Say yes to a program: it sees its own addresses alone. People have a page, which asks anew who
    they are before it shows a secret."""
    del at
    if user.kind != UserKind.MACHINE:
        raise NotAllowed(
            _("A program enters its own addresses here. People do it on the page of the program."),
            code="not-allowed",
        )
    return True


@extend_schema_view(
    list=extend_schema(
        summary=_("List addresses that are told of changes"),
        description=_(
            "A program sees its own alone; people see those of the programs that they administer. No "
            "secret is shown."
        ),
        examples=ENDPOINTS,
    ),
    retrieve=extend_schema(
        summary=_("Read one address that is told of changes"),
        description=_("Whether it is told, and since when it fails. No secret is shown."),
        examples=ENDPOINTS,
    ),
)
class WebhookCollection(Collection):
    http_method_names = [*Collection.http_method_names, "delete"]
    scope = Scope.WEBHOOKS_MANAGE
    questions = dict.fromkeys(
        ("create", "partial_update", "destroy", "secret", "test", "replay"), own
    )
    bodies = {
        "create": NewWebhookSerializer,
        "partial_update": ChangedWebhookSerializer,
        "secret": RotateSerializer,
        "replay": ReplaySerializer,
    }
    problems = {
        **dict.fromkeys(("create", "partial_update"), ("webhook-address-refused",)),
        **dict.fromkeys(("test", "replay"), ("webhook-not-active",)),
        "deliveries": ("not-found",),
    }
    kind = "webhook"
    queryset = WebhookEndpoint.objects.none()
    serializer_class = WebhookSerializer
    filterset_class: type[filters.FilterSet] = WebhookFilter

    def get_queryset(self) -> Any:
        seen = WebhookEndpoint.objects.visible_to(self.request.user, at=self.request.now)
        return seen.select_related("client").prefetch_related("secrets")

    @extend_schema(
        operation_id="webhooks_create",
        summary=_("Enter an address that is told of changes"),
        description=_(
            "It is told of what is done from now on. Its secret is drawn here and shown by "
            "`/webhooks/{ref}/secret/` alone: an answer to a key is kept, and no secret stands in it."
        ),
        request=NewWebhookSerializer,
        responses={201: WebhookSerializer},
        examples=[example("address", NEW, sent=True), *ENDPOINTS],
    )
    @idempotent_where_it_commits
    def create(self, request: Request, *, keep: Keep) -> None:
        sent = self.sent()
        webhooks.create(
            url=sent["url"],
            types=sent.get("types"),
            by=request.user,
            at=request.now,
            real_at=clock.real_now(),
            last=lambda endpoint: keep(self.created(endpoint.pk)),
        )

    @extend_schema(
        operation_id="webhooks_change",
        summary=_("Change an address that is told of changes"),
        description=_(
            "What is left out stays. `active`: false pauses it, true lets it be told again of what is "
            "done from then on; `replay` sends what it has missed."
        ),
        request=ChangedWebhookSerializer,
        responses=WebhookSerializer,
        examples=[example("pause", {"active": False}, sent=True), *ENDPOINTS],
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        endpoint = self.get_object()
        sent = self.sent()
        webhooks.change(
            ref=endpoint.ref,
            expected=self.expected(endpoint),
            by=request.user,
            at=request.now,
            **sent,
        )
        return self.changed(endpoint.pk)

    @extend_schema(
        operation_id="webhooks_remove",
        summary=_("Remove an address that is told of changes"),
        description=_("With its secrets and the log of its calls."),
        request=None,
        responses={204: OpenApiResponse(description=_("It is gone."))},
    )
    def destroy(self, request: Request, ref: str) -> Response:
        endpoint = self.get_object()
        self.sent()
        webhooks.remove(
            ref=endpoint.ref, expected=self.expected(endpoint), by=request.user, at=request.now
        )
        return Response(status=204)

    @extend_schema(
        operation_id="webhooks_secret",
        summary=_("Draw a new secret"),
        description=_(
            "The answer shows it, this once. The one before signs beside it for `old_lives_hours`, so "
            "that the receiver can change over; one that still lived on from an earlier change ends."
        ),
        request=RotateSerializer,
        responses=SecretSerializer,
        examples=[
            example("secret", SECRET),
            example("change over", {"old_lives_hours": 24}, sent=True),
        ],
    )
    @action(detail=True, methods=["put"])
    def secret(self, request: Request, ref: str) -> Response:
        endpoint = self.get_object()
        sent = self.sent()
        made = webhooks.rotate(
            ref=endpoint.ref,
            lives_on=timedelta(hours=sent["old_lives_hours"]),
            by=request.user,
            at=request.now,
            real_at=clock.real_now(),
            expected=self.expected(endpoint),
        )
        body = {"ref": made.endpoint.ref, "secret": made.secret, "etag": tag_of(made.endpoint)}
        headers = {"ETag": body["etag"], "Cache-Control": "no-store"}
        return Response(body, headers=headers)

    @extend_schema(
        operation_id="webhooks_test",
        summary=_("Send a hint that is about nothing"),
        description=_("It is called within seconds; the log says what came of it."),
        request=NothingSerializer,
        responses=DeliverySerializer,
        examples=[example("nothing", {}, sent=True), example("hint", DELIVERY)],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: Request, ref: str) -> Response:
        return self._sending(
            lambda **who: DeliverySerializer(webhooks.test(**who, real_at=clock.real_now())).data
        )

    @extend_schema(
        operation_id="webhooks_replay",
        summary=_("Send hints anew"),
        description=_(
            "Of every act from the place `from_seq` of the register on: one hint for each object that "
            "the program may see now."
        ),
        request=ReplaySerializer,
        responses=ReplayedSerializer,
        examples=[example("from", {"from_seq": 205}, sent=True), example("count", REPLAYED)],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def replay(self, request: Request, ref: str) -> Response:
        return self._sending(lambda **who: {"hints": hints.replay(**who, real_at=clock.real_now())})

    def _sending(self, act: Callable[..., Any]) -> Response:
        """Do what leaves the address as it is; its tag is asked for all the same, as of every write."""
        endpoint = self.get_object()
        sent = self.sent()
        self.expected(endpoint)
        done = act(ref=endpoint.ref, by=self.request.user, at=self.request.now, **sent)
        return Response(done, headers={"ETag": tag_of(endpoint), "Cache-Control": "no-store"})

    @extend_schema(
        operation_id="webhooks_deliveries",
        summary=_("List what was sent to an address"),
        description=_(
            "The newest first. What is 90 days old and no longer to be sent is forgotten."
        ),
        responses=DeliverySerializer(many=True),
        examples=DELIVERIES,
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=NewestFirst,
        filterset_class=DeliveryFilter,
        serializer_class=DeliverySerializer,
    )
    def deliveries(self, request: Request, ref: str) -> Response:
        endpoint = self.get_object()
        found = self.filter_backends[0]().filter_queryset(
            request, WebhookDelivery.objects.filter(endpoint=endpoint), self
        )
        rows = self.paginate_queryset(found)
        response = self.get_paginated_response(DeliverySerializer(rows, many=True).data)
        response["Cache-Control"] = "no-store"
        return response
