"""People with a proved telephone number, and a gateway that is the receiver of the test."""

from typing import Any

from notifications.models import Telephone
from tests.receiver import Receiver
from units import clock
from units.models import User

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the specification's own example
NUMBER = "+84912345678"


def set_up(settings: Any, there: Receiver, path: str = "/ok") -> None:
    """Let texts leave by the receiver, at one of its paths."""
    settings.SMS_GATEWAY_URL = there.url(path, host="127.0.0.1")
    settings.SMS_GATEWAY_SECRET = SECRET
    settings.SMS_GATEWAY_NETWORKS = ["127.0.0.0/8"]
    settings.WEBHOOK_CA_FILE = str(there.ca_file)


def give_number(person: User, number: str = NUMBER) -> None:
    """Let `person` have proved `number`."""
    Telephone.objects.create(person=person, number=number, verified_at=clock.real_now())
