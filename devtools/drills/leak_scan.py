"""The leak scan: no code and no full number in any row, log, broker message, page or answer."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence

import httpx

from devtools.drills.broker import is_redis, monitored
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import Customer
from devtools.drills.failing_work import INVALID_RECIPIENT, outbound_timeout, submit_failing_job
from devtools.drills.leak_patterns import count_leaks, decoded, links_in

PAGES_OF_A_KIND = 15
TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relname LIKE 'cc\\_%' AND relnamespace = 'public'::regnamespace
    ORDER BY 1
"""
ANSWERS = (
    "/api/automation/inbox?limit=100",
    "/api/automation/events?limit=100",
    "/api/automation/stats",
    "/api/fraud/cases?limit=100",
    "/api/outbound/jobs?limit=100",
    "/metrics",
)
FLOWER = ("/api/tasks?limit=10000", "/tasks", "/workers", "/broker")
EVENT_SENT = """
    SELECT status FROM cc_automation_events WHERE subject_ref IN (:case, :job) ORDER BY id
"""


def run(recorder: CheckRecorder) -> None:
    """Send codes and numbers through the product, then search for them in all its outputs."""
    commands = _send_secrets(recorder)
    _check_the_scan(recorder)
    _scan_rows(recorder)
    _report(
        recorder, "No log contains a code or a number", "each log of the stack", _logs(recorder)
    )
    _scan_messages(recorder, commands)
    _scan_flower(recorder)
    _report(
        recorder,
        "No page contains a code or a number",
        "GET, from /automation on, every link",
        _pages(recorder),
    )
    _report(
        recorder,
        "No answer of the API contains a code or a number",
        "GET, every list and member",
        _answers(recorder),
    )
    evidence = [(section.title, str(section)) for section in recorder.finished]
    if evidence:
        _report(
            recorder,
            "No section of this proof pack contains a code or a number",
            "this proof pack",
            evidence,
        )


def _send_secrets(recorder: CheckRecorder) -> list[str]:
    """Create a case and a failed message; return the commands that the broker received."""
    broker, commands = recorder.target.stack.broker_url, list[str]()
    if not is_redis(broker):
        recorder.leave_out(
            "the messages of this broker, because it has no MONITOR command; Flower's list of"
            " all tasks with their arguments is scanned instead"
        )
        _submit_both(recorder)
        return commands
    with monitored(broker) as commands:
        _submit_both(recorder)
    return commands


def _submit_both(recorder: CheckRecorder) -> None:
    job = submit_failing_job(recorder)
    recorder.target.seen.numbers.add(INVALID_RECIPIENT)
    customer = Customer(recorder.target)
    case = customer.open_case(f"There is fraud on my account, call me at {customer.number}")
    recorder.check_rows(
        "The events of a case and of a failed message are sent",
        EVENT_SENT,
        [("sent",), ("sent",)],
        within=outbound_timeout(recorder.target.settings),
        case=f"case:{case}",
        job=f"outbound:{job}",
    )


def _check_the_scan(recorder: CheckRecorder) -> None:
    """Check that the scan works: it must find the codes on the customers' phones."""
    seen = recorder.target.seen
    texts = [
        message["text"]
        for number in sorted(seen.numbers - {INVALID_RECIPIENT})
        for message in Customer(recorder.target, number).messages()
    ]
    found = count_leaks(seen.pattern, texts)
    recorder.record(
        "The scan works: it finds the codes on the customers' phones",
        passed=found > 0,
        source="the codes and numbers of these drills, searched for on the sandbox's phones",
        columns=("codes", "numbers", "messages", "found"),
        rows=[(len(seen.codes), len(seen.numbers), len(texts), found)],
    )


def _scan_rows(recorder: CheckRecorder) -> None:
    rows = []
    for (table,) in recorder.read(TABLES):
        query = (
            f"SELECT count(*), count(*) FILTER (WHERE t::text ~ :secrets),"  # noqa: S608 - a name from the catalogue
            f" count(*) FILTER (WHERE t::text LIKE '%••• %') FROM {table} AS t"
        )
        whole, found, masks = recorder.read(query, secrets=recorder.target.seen.pattern)[0]
        rows.append((table, whole, found + _encoded(recorder, table), masks))
    recorder.record(
        "No row of any table contains a code or a full number",
        passed=not any(row[2] for row in rows) and any(row[3] for row in rows),
        source="SELECT count(*), count(*) FILTER (WHERE t::text ~ :secrets),\n"
        "       count(*) FILTER (WHERE t::text LIKE '%••• %') FROM … AS t",
        columns=("table", "rows", "with a leak", "with a masked number"),
        rows=rows,
    )


def _encoded(recorder: CheckRecorder, table: str) -> int:
    """Count the rows that contain a secret in base64, as WhatsApp's message ids do."""
    texts = recorder.read(f"SELECT t::text FROM {table} AS t")  # noqa: S608 - a name from the catalogue
    pattern = recorder.target.seen.pattern
    return sum(count_leaks(pattern, decoded(row[0])) > 0 for row in texts)


def _logs(recorder: CheckRecorder) -> Iterator[tuple[str, str]]:
    folder = recorder.target.stack.folder
    if not recorder.target.stack.log:
        recorder.leave_out("the log of the programs: this stack prints it to a terminal")
    for path in sorted(folder.glob("*.log")):
        yield path.name, path.read_text(errors="replace")


def _scan_messages(recorder: CheckRecorder, commands: Sequence[str]) -> None:
    if commands:
        _report(
            recorder,
            "No command to the broker contains a code or a number",
            "the output of MONITOR during a case and a failed message, with decoded bodies",
            [("the broker", "\n".join(commands))],
        )


def _scan_flower(recorder: CheckRecorder) -> None:
    user, _, password = recorder.target.environ["FLOWER_BASIC_AUTH"].partition(":")
    with httpx.Client(base_url=recorder.target.stack.flower, auth=(user, password)) as flower:
        pages = [(path, flower.get(path).raise_for_status().text) for path in FLOWER]
    _report(
        recorder, "No page of Flower contains a code or a number", "GET, as Flower's user", pages
    )


def _pages(recorder: CheckRecorder) -> Iterator[tuple[str, str]]:
    """Yield the pages that links reach from the inbox, with the inbox of all statuses."""
    waiting = deque(["/automation", "/automation?status=all", "/automation/events"])
    visited: set[str] = set()
    kinds: Counter[str] = Counter()
    while waiting:
        address = waiting.popleft()
        if address in visited or kinds[_kind(address)] >= PAGES_OF_A_KIND:
            continue
        visited.add(address)
        kinds[_kind(address)] += 1
        page = recorder.request("GET", address).text
        waiting += sorted(links_in(page))
        yield address, page


def _answers(recorder: CheckRecorder) -> Iterator[tuple[str, str]]:
    for address in ANSWERS:
        answer = recorder.request("GET", address)
        yield address, answer.text
        if "limit=" in address and answer.is_success:
            base = address.partition("?")[0]
            for member in answer.json()["items"][:20]:
                yield f"{base}/…", recorder.request("GET", f"{base}/{member['id']}").text


def _report(
    recorder: CheckRecorder,
    statement: str,
    source: str,
    texts: Iterator[tuple[str, str]] | Sequence[tuple[str, str]],
) -> None:
    """Record how many texts of each kind were searched, and the number of leaks."""
    pattern = recorder.target.seen.pattern
    found: dict[str, list[int]] = {}
    for name, words in texts:
        counts = found.setdefault(_kind(name), [0, 0, 0])
        counts[0] += 1
        counts[1] += len(words)
        counts[2] += count_leaks(pattern, [words])
    rows = [(name, *counts) for name, counts in found.items()]
    recorder.record(
        statement,
        passed=bool(rows) and not any(row[3] for row in rows) and any(row[2] for row in rows),
        source=f"the codes and numbers of these drills, searched for in {source}",
        columns=("where", "texts", "characters", "leaks"),
        rows=rows,
    )


def _kind(address: str) -> str:
    """Return an address without its numbers and its query, as the group to count it in."""
    path = address.partition("?")[0]
    parts = ("…" if part.isdigit() else part for part in path.split("/"))
    return "/".join(parts)
