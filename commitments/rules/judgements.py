"""What a person holds of a target, as it stands beside the light that is computed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple


class Judged(NamedTuple):
    """One judgement. `n`: which of the target's; `computed`: the light beside which it was given."""

    n: int
    light: str
    reason: str
    computed: str
    person: str
    given_at: datetime
    provenance: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Judged":
        """Return a judgement from the JSON in which a database tells it.

        An instant comes as text, of SQLite without its zone, which is then UTC.
        """
        given_at = datetime.fromisoformat(told["given_at"])
        if given_at.tzinfo is None:
            given_at = given_at.replace(tzinfo=UTC)
        return cls(**{**told, "given_at": given_at})
