"""What can go wrong, as a tree.

AuditError
├─ SuiteError        suite.yaml, persona, role prompt, item, label or rule is wrong
├─ RunError          Inspect finished with an error, or the run folder is not usable
│  └─ StoppedError   a signal stopped the run; exits 130
├─ LogError          a log lacks what the frame needs, or mixes audit versions
├─ FitError          the model is not identified or did not converge
├─ GateError         a policy cannot decide
├─ EvidenceError     what a decision rests on is missing, altered or cannot be compared; exits 12
└─ ReportError       the report could not be set

A message is one line: what is wrong, where, what was found, what would be right.
The command line prints it and exits 2, or 12 for evidence; anything else is a bug and shows its traceback.
"""


class AuditError(Exception):
    """Something the user can put right."""

    exit_code = 2


class SuiteError(AuditError):
    """suite.yaml, a persona, a role prompt, an item or a rule is wrong."""


class RunError(AuditError):
    """Inspect finished with an error, or the run folder cannot be used."""


class StoppedError(RunError):
    """A signal stopped the run; it can be carried on."""

    exit_code = 130


class LogError(AuditError):
    """A log lacks what the frame needs, or mixes audit versions."""


class FitError(AuditError):
    """The model is not identified or did not converge."""


class GateError(AuditError):
    """A policy cannot decide."""


class EvidenceError(AuditError):
    """What a decision rests on is missing, altered or cannot be compared."""

    exit_code = 12


class ReportError(AuditError):
    """The report could not be set."""
