"""What only the demonstration shows."""

from django import template
from django.conf import settings

from units import clock
from units.actions import factors
from units.http import login_codes
from units.models import User
from units.rules.factors import totp_step_at

register = template.Library()


@register.simple_tag
def demonstration_code(user: User) -> str:
    """Return a code that logs `user` in now; "" outside demonstration mode, or if there is none."""
    if not settings.DEMO:
        return ""
    real_at = clock.real_now()
    code = factors.code_for_demonstration(user=user, real_at=real_at, skip_steps=frozenset())
    if code and login_codes.is_spent(user, code):
        served = frozenset([totp_step_at(real_at)])
        code = factors.code_for_demonstration(user=user, real_at=real_at, skip_steps=served)
    return code
