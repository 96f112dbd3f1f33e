"""Copies of an installation: one archive holds the database, the files it names, and a manifest."""


class Refused(Exception):
    """One sentence for the operator: what stands in the way, and what to do."""
