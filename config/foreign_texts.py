"""Sentences of libraries that our pages show and that the libraries have not in Vietnamese.

Nothing imports this: it makes `makemessages` keep them in our catalogue, which is asked first.
"""

from django.utils.translation import gettext_noop as _

ALLAUTH = [_("You must type the same password each time.")]
