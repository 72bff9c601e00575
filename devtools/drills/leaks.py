"""The scan: no code and no full number in any row, log, message, page or answer."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence

import httpx

from devtools.drills.book import Book
from devtools.drills.broker import overheard, speaks_redis
from devtools.drills.customer import Customer
from devtools.drills.scan import count_leaks, decoded, links_in
from devtools.drills.scenes import INVALID, outbound_patience, submit_doomed_job

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


def play(book: Book) -> None:
    """Let codes and numbers pass through everything, then look for them everywhere."""
    heard = _pass_through(book)
    _look_where_they_must_be(book)
    _scan_rows(book)
    _report(book, "No log holds any", "each log of the stack", _logs(book))
    _scan_messages(book, heard)
    _scan_flower(book)
    _report(book, "No page holds any", "GET, from /automation on, every link", _pages(book))
    _report(book, "No answer of the API holds any", "GET, every list and member", _answers(book))
    evidence = [(section.title, str(section)) for section in book.played]
    if evidence:
        _report(book, "No section of this proof pack holds any", "this evidence", evidence)


def _pass_through(book: Book) -> list[str]:
    """Play a case and a failed message while listening to the broker; return what was heard."""
    broker, heard = book.stage.stack.broker_url, list[str]()
    if not speaks_redis(broker):
        book.leave_out(
            "messages of this broker can't be overheard; Flower's list of every task with its"
            " arguments is scanned in their place"
        )
        _play_both(book)
        return heard
    with overheard(broker) as heard:
        _play_both(book)
    return heard


def _play_both(book: Book) -> None:
    job = submit_doomed_job(book)
    book.stage.seen.numbers.add(INVALID)
    customer = Customer(book.stage)
    case = customer.open_case(f"There is fraud on my account, call me at {customer.number}")
    book.rows(
        "A case and a failed message have gone the whole way",
        EVENT_SENT,
        [("sent",), ("sent",)],
        within=outbound_patience(book.stage.settings),
        case=f"case:{case}",
        job=f"outbound:{job}",
    )


def _look_where_they_must_be(book: Book) -> None:
    """Show that the scan finds a code where there is one: on the customers' phones."""
    seen = book.stage.seen
    texts = [
        message["text"]
        for number in sorted(seen.numbers - {INVALID})
        for message in Customer(book.stage, number).messages()
    ]
    found = count_leaks(seen.pattern, texts)
    book.write(
        "The scan can find: on the customers' phones it finds the codes",
        passed=found > 0,
        asked="the codes and numbers of these drills, searched for on the sandbox's phones",
        columns=("codes", "numbers", "messages", "found"),
        rows=[(len(seen.codes), len(seen.numbers), len(texts), found)],
    )


def _scan_rows(book: Book) -> None:
    rows = []
    for (table,) in book.read(TABLES):
        statement = (
            f"SELECT count(*), count(*) FILTER (WHERE t::text ~ :secrets),"  # noqa: S608 - a name from the catalogue
            f" count(*) FILTER (WHERE t::text LIKE '%••• %') FROM {table} AS t"
        )
        whole, found, masks = book.read(statement, secrets=book.stage.seen.pattern)[0]
        rows.append((table, whole, found + _encoded(book, table), masks))
    book.write(
        "No row of any table holds a code or a full number, in any column",
        passed=not any(row[2] for row in rows) and any(row[3] for row in rows),
        asked="SELECT count(*), count(*) FILTER (WHERE t::text ~ :secrets),\n"
        "       count(*) FILTER (WHERE t::text LIKE '%••• %') FROM … AS t",
        columns=("table", "rows", "that hold any", "that hold a mask"),
        rows=rows,
    )


def _encoded(book: Book, table: str) -> int:
    """Count the rows that hold a secret in base64, as a message id of WhatsApp does."""
    texts = book.read(f"SELECT t::text FROM {table} AS t")  # noqa: S608 - a name from the catalogue
    pattern = book.stage.seen.pattern
    return sum(count_leaks(pattern, decoded(row[0])) > 0 for row in texts)


def _logs(book: Book) -> Iterator[tuple[str, str]]:
    folder = book.stage.stack.folder
    if not book.stage.stack.log:
        book.leave_out("the log of the programs: this stack prints it to a terminal")
    for path in sorted(folder.glob("*.log")):
        yield path.name, path.read_text(errors="replace")


def _scan_messages(book: Book, heard: Sequence[str]) -> None:
    if heard:
        asked = "MONITOR while a case and a failed message went through, bodies decoded"
        commands = "\n".join(heard)
        _report(book, "No message to the broker holds any", asked, [("the broker", commands)])


def _scan_flower(book: Book) -> None:
    user, _, password = book.stage.environ["FLOWER_BASIC_AUTH"].partition(":")
    with httpx.Client(base_url=book.stage.stack.flower, auth=(user, password)) as flower:
        pages = [(path, flower.get(path).raise_for_status().text) for path in FLOWER]
    _report(book, "Nothing that Flower shows holds any", "GET, as Flower's user", pages)


def _pages(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the pages that can be reached from the inbox, however it is filtered."""
    waiting = deque(["/automation", "/automation?status=all", "/automation/events"])
    visited: set[str] = set()
    kinds: Counter[str] = Counter()
    while waiting:
        address = waiting.popleft()
        if address in visited or kinds[_kind(address)] >= PAGES_OF_A_KIND:
            continue
        visited.add(address)
        kinds[_kind(address)] += 1
        page = book.call("GET", address).text
        waiting += sorted(links_in(page))
        yield address, page


def _answers(book: Book) -> Iterator[tuple[str, str]]:
    for address in ANSWERS:
        answer = book.call("GET", address)
        yield address, answer.text
        if "limit=" in address and answer.is_success:
            base = address.partition("?")[0]
            for member in answer.json()["items"][:20]:
                yield f"{base}/…", book.call("GET", f"{base}/{member['id']}").text


def _report(
    book: Book, claim: str, asked: str, texts: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]
) -> None:
    """Write down how much of each kind was searched, and what was found."""
    pattern = book.stage.seen.pattern
    found: dict[str, list[int]] = {}
    for name, words in texts:
        counts = found.setdefault(_kind(name), [0, 0, 0])
        counts[0] += 1
        counts[1] += len(words)
        counts[2] += count_leaks(pattern, [words])
    rows = [(name, *counts) for name, counts in found.items()]
    book.write(
        claim,
        passed=bool(rows) and not any(row[3] for row in rows) and any(row[2] for row in rows),
        asked=f"the codes and numbers of these drills, searched for in {asked}",
        columns=("where", "looked at", "characters", "found"),
        rows=rows,
    )


def _kind(address: str) -> str:
    """Return an address with its numbers and its query left out, to count by."""
    path = address.partition("?")[0]
    parts = ("…" if part.isdigit() else part for part in path.split("/"))
    return "/".join(parts)
