"""What an act refuses, shown in the form that asked for it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Form

from units.errors import NotAllowed, Refused

TYPED_AS = {"valid_to": "last_on", "end_on": "last_on"}  # people type last days


@contextmanager
def shown_in(form: Form) -> Iterator[None]:
    """Let an act run; what it refuses stands in `form`, which comes back as it was typed.

    The page goes on after the `with` only when the act was refused: return inside it. A missing
    right is no fault of what was typed: that refusal goes on, to be noted and shown.
    """
    try:
        yield
    except NotAllowed:
        raise
    except (Refused, ValidationError) as error:
        put_into(form, error)


def put_into(form: Form, error: Refused | ValidationError) -> None:
    """Put what was refused at the fields it speaks of, and what has no field here above the form."""
    if isinstance(error, ValidationError):
        faults: Mapping[str, Sequence[Any]] = error.message_dict
    else:
        faults = error.fields or {"": [error.message]}
    for name, texts in faults.items():
        own = name if name in form.fields else TYPED_AS.get(name)
        form.add_error(own if own in form.fields else None, list(texts))
