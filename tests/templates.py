"""A missing variable in one of our templates is an error, not an empty space."""

import inspect

from django.template.base import Template


class MissingVariable(str):
    """What a template of ours must never show. Libraries' templates lean on missing variables."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return key == "%s" or (isinstance(key, str) and super().__contains__(key))

    def __mod__(self, variable: object) -> str:
        origin = next(
            (
                frame.frame.f_locals["self"].origin.name
                for frame in inspect.stack()
                if isinstance(frame.frame.f_locals.get("self"), Template)
            ),
            "",
        )
        if "site-packages" in origin:
            return ""
        raise AssertionError(f"{origin}: there is no variable {variable}.")
