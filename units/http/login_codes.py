"""A login code serves once, for as long as the tolerance would let it in again."""

from allauth.mfa import app_settings
from django.core.cache import cache

from units.models import User


def spend(user: User, code: str) -> bool:
    """Note that `user` logs in with `code`; False: it has served already."""
    window = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    return cache.add(_key(user, code), "spent", timeout=window)


def is_spent(user: User, code: str) -> bool:
    """Say whether `code` has logged `user` in lately."""
    return cache.get(_key(user, code)) is not None


def _key(user: User, code: str) -> str:
    return f"login-code:{user.pk}:{''.join(code.split())}"
