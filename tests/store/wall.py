"""The declared wall: table → command → who passes. What is not said is refused. tests/store/test_wall.py tries it as the real login role.

A set of roles stands for own rows and, with the sight of the whole city, for all rows; `Anywhere` for rows that are nobody's;
`City` only with the sight of the whole city.
"""

from __future__ import annotations

from riskmap.core.role import MAY, may


class Anywhere(frozenset[str]):
    """Whatever the asker's organisation or sight."""


class City(frozenset[str]):
    """Only with the sight of the whole city."""


EVERYBODY = Anywhere({*MAY, "nobody"})  # an actor of an unknown role too: outlines and names of districts are public
READ = frozenset(r for r in MAY if may(r, "map.read"))
STAFF = READ - {"api_client"}  # a program reads what is in force, never what somebody only proposes
PUT = frozenset(r for r in MAY if may(r, "feature.put"))
DECIDE = frozenset(r for r in MAY if may(r, "feature.decide"))
PROPOSE = frozenset(r for r in MAY if may(r, "feature.propose"))
MOVE = frozenset(r for r in MAY if may(r, "stock.move"))
STOCK = MOVE | frozenset(r for r in MAY if may(r, "stock.approve"))
REPORT = frozenset(r for r in MAY if may(r, "danger.report"))
INCIDENT = frozenset(r for r in MAY if may(r, "incident.read"))
COMMAND = City(r for r in MAY if may(r, "incident.command"))
PEOPLE = Anywhere({"gate", "security_admin", "operator"})

RECORD = {"S": READ, "I": PUT}
WORKED_OUT = {"S": Anywhere(READ)}
REFERENCE = {"S": EVERYBODY}

WALL: dict[str, dict[str, frozenset[str]]] = {
    "district": REFERENCE, "town": REFERENCE, "org": REFERENCE,
    # who decides may write in force too, but only in the course of an approval: a trigger at the end of the transaction looks
    "feature": {"S": READ, "I": PUT | DECIDE, "U": PUT, "D": PUT},
    "feature_version": RECORD,
    "confirmation": {"S": READ, "I": PROPOSE},  # taken back by who made it: tried in tests/flows/test_confirm.py
    "feature_change": {"S": STAFF, "I": PROPOSE},
    "feature_change_event": {"S": STAFF},  # written by the move itself
    "attachment": {"S": STAFF, "I": PROPOSE},  # taken away by its maker alone, and never changed: a trigger looks
    "import_batch": {"S": STAFF, "I": PUT, "U": PUT},
    # a batch is moved by its maker and by who decides; a trigger looks at each move
    "import_row": {"S": STAFF, "I": PUT | DECIDE | PROPOSE, "U": PUT, "D": PUT},
    "holding": RECORD, "hazard_assessment": RECORD, "hidden_danger": {"S": READ, "I": PUT | REPORT},
    # of a state without a move, as an import tells it: the moves are tried in tests/flows/test_danger.py
    "hidden_danger_event": RECORD, "stock_movement": RECORD,
    # withdrawn by a second person: tried in tests/flows/test_finding.py
    "inspection": {"S": READ, "I": REPORT}, "inspection_danger": {"S": READ, "I": REPORT}, "violation": {"S": READ, "I": REPORT},
    "stock_batch": {"S": READ, "I": STOCK, "U": STOCK},  # locked by who moves; a movement itself comes out of a document
    "stock_document": {"S": READ, "I": MOVE}, "stock_line": {"S": READ}, "stock_minimum": {"S": READ, "I": MOVE},
    "shelter_state": {"S": READ}, "shelter_occupancy": {"S": READ},  # a report of no shelter is refused before the wall is asked: tried apart
    "dataset": WORKED_OUT, "population_cell": WORKED_OUT, "fragment": WORKED_OUT, "grading_run": WORKED_OUT, "cell_grade": WORKED_OUT,
    "district_grade": WORKED_OUT, "closing": WORKED_OUT,
    # drafted in the own name, approved by a second person: tried in tests/flows/test_method.py
    "method": {"S": Anywhere(READ), "U": City(PUT)},
    "grade_override": {"S": Anywhere(READ), "I": City(PUT), "U": City(PUT)},
    # everybody leaves a trace, the auditor and the product's own read it
    "audit": {"S": Anywhere({"auditor", "operator", "engine"}), "I": Anywhere({"gate"})},  # in the own name everybody: tried apart
    "audit_seal": {},
    "event": {"S": READ, "I": READ},
    "idempotency": {},  # the own keys alone: tried apart
    # all staff read incidents; a plan the city and the units it touches, which tests/flows/test_respond.py tries
    "incident": {"S": Anywhere(INCIDENT), "I": COMMAND}, "incident_log": {"S": Anywhere(INCIDENT), "I": COMMAND},
    "report": {"S": Anywhere(INCIDENT), "I": COMMAND},
    "plan": {"S": City(INCIDENT), "I": COMMAND}, "reservation": {"S": Anywhere(INCIDENT), "I": COMMAND, "U": COMMAND},
    # a security administrator grants what a second one confirms: tried apart
    "account": {"S": PEOPLE, "I": Anywhere({"operator"}), "U": PEOPLE},
    "session": {"S": PEOPLE, "I": Anywhere({"gate"}), "U": Anywhere({"gate"}), "D": PEOPLE},
    "oidc_flow": {"S": Anywhere({"gate"}), "I": Anywhere({"gate"}), "D": Anywhere({"gate"})},
    "api_key": {"S": PEOPLE, "I": Anywhere({"operator"}), "U": PEOPLE},  # as an account
    "signin_attempt": {"S": Anywhere({"gate"}), "I": Anywhere({"gate"}), "D": Anywhere({"gate"})},
}  # fmt: skip
