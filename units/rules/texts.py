"""How long a text may be that people type: one limit for the form, the API and the act."""

LINE = 300  # why nobody may sign with a certificate any more
NOTE = 500  # why a row is put aside, what a deputy is to do
REASON = 2000  # why something is returned, refused, withdrawn, changed; an answer to it
ACCOUNT = 4000  # what was done or found: explanations, outcomes, and whatever is said about a case


def length(text: str) -> int:
    """Return how many characters a reader counts: the end of a line is one, as in a browser."""
    return len(text.replace("\r\n", "\n"))


def excess(text: str, most: int) -> int:
    """Return by how many characters `text` is longer than `most`; 0: it is not."""
    return max(0, length(text) - most)
