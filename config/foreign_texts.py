"""Sentences of libraries that our pages and problems show and that the libraries have not in Vietnamese.

Nothing imports this: it makes `makemessages` keep them in our catalogue, which is asked first.
"""

from django.utils.translation import gettext_noop as _

ALLAUTH = [_("You must type the same password each time.")]
REST_FRAMEWORK = [  # what fields of our serializers refuse; tests/api/test_language.py finds the rest
    _('"{input}" is not a valid choice.'),
    _("A valid integer is required."),
    _("A valid number is required."),
    _("Ensure that there are no more than {max_decimal_places} decimal places."),
    _("Ensure that there are no more than {max_digits} digits in total."),
    _("Ensure that there are no more than {max_whole_digits} digits before the decimal point."),
    _("Ensure this field has at least {min_length} characters."),
    _("Ensure this field has at least {min_length} elements."),
    _("Ensure this field has no more than {max_length} characters."),
    _("Ensure this field has no more than {max_length} elements."),
    _("Ensure this value is greater than or equal to {min_value}."),
    _("Ensure this value is less than or equal to {max_value}."),
    _('Enter a valid "slug" consisting of Unicode letters, numbers, underscores, or hyphens.'),
    _('Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'),
    _("Expected a date but got a datetime."),
    _('Expected a dictionary of items but got type "{input_type}".'),
    _('Expected a list of items but got type "{input_type}".'),
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _("Must be a valid boolean."),
    _("Not a valid string."),
    _("Null characters are not allowed."),
    _("String value too large."),
    _("Surrogate characters are not allowed: U+{code_point:X}."),
    _("This dictionary may not be empty."),
    _("This field may not be null."),
    _("This value does not match the required pattern."),
]
