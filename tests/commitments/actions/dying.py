"""A process that dies at a named point: `python -m ... DATABASE ACT POINT WHAT USER`.

ACT "sign" confirms the step-up WHAT, "prepare" opens and prepares it for the version WHAT, "issue"
issues that version.
"""

import sys
from uuid import UUID

from commitments.enums import VersionAct
from tests.dying import die_after

POINTS = {  # of signing: where the process dies -> after which function
    "factor": "commitments.actions.stepups.checked_factor",
    "signing": "commitments.documents.seal.sign",
    "seal-use": "commitments.actions.sealing._checked",
    "proof": "commitments.actions.stepups.spend",
    "tail": "commitments.actions.documents.append_revision",
    "act": "commitments.actions.signatures.write_act",
    "entry": "units.actions.register.append",
    "state": "commitments.actions.versions.move",
    "clocks": "commitments.actions.cases.finish",
    "commit": "commitments.actions.signatures.confirm",
}
PREPARING = {
    "receipt": "commitments.actions.signatures.open_reading",
    "statement": "commitments.actions.signatures.prepare",
}
ISSUING = {
    "rendering": "commitments.documents.render.render",
    "fields": "commitments.documents.seal.place_fields",
    "signing": "commitments.documents.seal.certify",
    "seal-use": "commitments.actions.sealing._checked",
    "document": "commitments.actions.documents.store",
    "entry": "units.actions.register.append",
    "state": "commitments.actions.versions.move",
    "clock": "commitments.actions.cases.start",
    "commit": "commitments.actions.commitments.issue",
}
STAMPED = {  # of signing and of issuing, where a timestamp service is asked
    "asked": "commitments.documents.timestamps._answer",
    "timestamp": "commitments.documents.timestamps:Service.async_timestamp",
}


def main(database: str, act: str, point: str, what: str, username: str) -> None:
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from commitments.actions import commitments, signatures
    from commitments.models import CommitmentVersion
    from tests.factories.body import NOW, REAL, code_of
    from units.models import User

    by = User.objects.get(username=username)
    login = f"session-of-{username}"
    if act == "sign":
        die_after((POINTS | STAMPED)[point])
        signatures.confirm(
            step_up_uuid=UUID(what),
            by=by,
            at=NOW,
            real_at=REAL,
            session_key=login,
            code=code_of(by, REAL),
        )
        return
    version = CommitmentVersion.objects.get(pk=what)
    if act == "issue":
        die_after((ISSUING | STAMPED)[point])
        commitments.issue(version_id=version.pk, by=by, expected=version.etag_version, at=NOW)
        return
    die_after(PREPARING[point])
    receipt = signatures.open_reading(
        version_id=version.pk, act=VersionAct.SIGN, by=by, at=NOW, language="en"
    )
    signatures.prepare(
        receipt_uuid=receipt.uuid,
        act=VersionAct.SIGN,
        by=by,
        expected=version.etag_version,
        at=NOW,
        real_at=REAL,
        session_key=login,
        agreed=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
