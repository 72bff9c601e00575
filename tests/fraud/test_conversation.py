"""The decision on each kind of message in each state of a conversation."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fraud.conversation import (
    MAX_KEPT,
    MAX_SENDS,
    MAX_WRONG_CODES,
    CodeState,
    ConversationState,
    Verification,
    decide_reply,
    language_of,
)
from app.fraud.decisions import (
    AddToCase,
    AddToReport,
    Answer,
    Begin,
    Cancel,
    ConversationDecision,
    CountWrongCode,
    Exhaust,
    NoteDeletion,
    Reply,
    SendAgain,
    Silence,
    Verify,
)
from app.fraud.phrases import (
    Code,
    Command,
    Deletion,
    Echo,
    Language,
    MistypedCode,
    Report,
    Request,
    Said,
    SmallTalk,
    Unsupported,
)

REPORT = Report("fraud!", Language.ENGLISH)
RESEND = Request(Command.RESEND, Language.ENGLISH)
CANCEL = Request(Command.CANCEL, Language.ENGLISH)
HELP = Request(Command.HELP, Language.ENGLISH)
CODE = Code("123456")

NOTHING = ConversationState()
AWAITING = ConversationState(verification=Verification(0, CodeState.LIVE), recent_sends=1)


def given_code(state: CodeState, *, wrong_codes: int = 0, sends: int = 1) -> ConversationState:
    return ConversationState(verification=Verification(wrong_codes, state), recent_sends=sends)


def wrong(_: str) -> bool:
    return False


def right(_: str) -> bool:
    return True


@pytest.mark.parametrize(
    "said, decision",
    [
        (REPORT, Begin("fraud!")),
        (CODE, Answer(Reply.NO_CODE_EXPECTED)),
        (MistypedCode(), Answer(Reply.WELCOME)),
        (RESEND, Answer(Reply.NOTHING_OPEN)),
        (CANCEL, Answer(Reply.NOTHING_OPEN)),
        (HELP, Answer(Reply.WELCOME)),
        (SmallTalk(), Answer(Reply.WELCOME)),
        (Unsupported(), Answer(Reply.UNSUPPORTED)),
        (Echo(), Silence()),
    ],
)
def test_with_nothing_open(said: Said, decision: ConversationDecision) -> None:
    assert decide_reply(said, NOTHING, is_right=wrong) == decision


@pytest.mark.parametrize(
    "said, decision",
    [
        (REPORT, AddToReport("fraud!")),
        (CODE, CountWrongCode(4)),
        (MistypedCode(), Answer(Reply.MISTYPED_CODE)),
        (RESEND, SendAgain()),
        (CANCEL, Cancel()),
        (HELP, Answer(Reply.WELCOME)),
        (SmallTalk(), Answer(Reply.ENTER_CODE)),
        (Unsupported(), Answer(Reply.UNSUPPORTED)),
        (Echo(), Silence()),
    ],
)
def test_while_awaiting_a_code(said: Said, decision: ConversationDecision) -> None:
    assert decide_reply(said, AWAITING, is_right=wrong) == decision


@pytest.mark.parametrize(
    "said, decision",
    [
        (SmallTalk(), AddToCase()),
        (MistypedCode(), AddToCase()),
        (Code("480000", has_words=True), AddToCase()),
        (SmallTalk(is_courtesy=True), Answer(Reply.WELCOME)),
        (CODE, Answer(Reply.NO_CODE_EXPECTED)),
        (REPORT, Begin("fraud!")),
        (HELP, Answer(Reply.WELCOME)),
        (CANCEL, Answer(Reply.NOTHING_OPEN)),
        (Unsupported(), Answer(Reply.UNSUPPORTED)),
        (Echo(), Silence()),
    ],
)
def test_while_a_case_is_open(said: Said, decision: ConversationDecision) -> None:
    assert decide_reply(said, replace(NOTHING, has_open_case=True), is_right=wrong) == decision


@pytest.mark.parametrize(
    "said, decision",
    [
        (SmallTalk(), AddToCase()),
        (SmallTalk(is_courtesy=True), Answer(Reply.ENTER_CODE)),
        (MistypedCode(), Answer(Reply.MISTYPED_CODE)),
        (Code("480000", has_words=True), CountWrongCode(4)),
        (REPORT, AddToReport("fraud!")),
    ],
)
def test_while_a_case_is_open_and_a_code_is_awaited(
    said: Said, decision: ConversationDecision
) -> None:
    assert decide_reply(said, replace(AWAITING, has_open_case=True), is_right=wrong) == decision


@pytest.mark.parametrize(
    "messages, decision",
    [
        (MAX_KEPT, AddToCase()),
        (MAX_KEPT + 1, Silence()),
    ],
)
def test_messages_are_added_to_the_case_up_to_a_limit(
    messages: int, decision: ConversationDecision
) -> None:
    state = ConversationState(has_open_case=True, recent_messages=messages)
    assert decide_reply(SmallTalk(), state, is_right=wrong) == decision


def test_a_report_without_a_code_is_added_to_the_open_case() -> None:
    state = ConversationState(has_open_case=True, recent_sends=MAX_SENDS)
    assert decide_reply(REPORT, state, is_right=wrong) == AddToCase()


def test_the_right_code_verifies() -> None:
    assert decide_reply(CODE, AWAITING, is_right=right) == Verify()


def test_the_last_wrong_code_exhausts() -> None:
    state = given_code(CodeState.LIVE, wrong_codes=MAX_WRONG_CODES - 1)
    assert decide_reply(CODE, state, is_right=wrong) == Exhaust()


@pytest.mark.parametrize(
    "state, reply",
    [
        (CodeState.EXPIRED, Reply.EXPIRED_CODE),
        (CodeState.NOT_SENT, Reply.CODE_ON_ITS_WAY),
    ],
)
def test_a_code_that_is_not_live_is_not_compared(state: CodeState, reply: Reply) -> None:
    assert decide_reply(CODE, given_code(state), is_right=right) == Answer(reply)


@pytest.mark.parametrize("said", [REPORT, RESEND])
def test_no_more_codes_than_allowed_are_sent(said: Said) -> None:
    refused = Answer(Reply.TOO_MANY_CODES)
    state = NOTHING if said is REPORT else AWAITING
    assert decide_reply(said, replace(state, recent_sends=MAX_SENDS), is_right=wrong) == refused


def test_a_second_report_sends_a_new_code_if_the_old_has_expired() -> None:
    expired = given_code(CodeState.EXPIRED)
    assert decide_reply(REPORT, expired, is_right=wrong) == SendAgain("fraud!")


def test_a_second_report_is_stored_even_if_no_code_may_be_sent() -> None:
    expired = given_code(CodeState.EXPIRED, sends=MAX_SENDS)
    assert decide_reply(REPORT, expired, is_right=wrong) == AddToReport("fraud!")


def test_a_deleted_message_is_noted_with_an_open_report_and_not_answered() -> None:
    assert decide_reply(Deletion(), AWAITING, is_right=wrong) == NoteDeletion()
    assert decide_reply(Deletion(), NOTHING, is_right=wrong) == Silence()


def test_a_deleted_message_is_noted_with_an_open_case_up_to_a_limit() -> None:
    noted = ConversationState(has_open_case=True, recent_messages=MAX_KEPT)
    assert decide_reply(Deletion(), noted, is_right=wrong) == NoteDeletion()
    flood = replace(noted, recent_messages=MAX_KEPT + 1)
    assert decide_reply(Deletion(), flood, is_right=wrong) == Silence()


@pytest.mark.parametrize("said", [REPORT, CANCEL, CODE, SmallTalk(is_courtesy=True), Unsupported()])
def test_every_edit_is_added_to_the_open_case(said: Said) -> None:
    state = ConversationState(has_open_case=True)
    assert decide_reply(said, state, is_right=wrong, is_edit=True) == AddToCase()
    assert decide_reply(said, state, is_right=wrong) != AddToCase()


def test_an_edit_while_a_code_is_awaited_is_a_message_like_any_other() -> None:
    awaiting = replace(AWAITING, has_open_case=True)
    for said in (REPORT, CODE, CANCEL):
        edited = decide_reply(said, awaiting, is_right=right, is_edit=True)
        assert edited == decide_reply(said, awaiting, is_right=right)


def test_the_answer_is_in_the_language_of_the_message_else_the_last_else_english() -> None:
    spanish = ConversationState(language=Language.SPANISH)
    assert language_of(HELP, spanish) is Language.ENGLISH
    assert language_of(CODE, spanish) is Language.SPANISH
    assert language_of(SmallTalk(), NOTHING) is Language.ENGLISH


anything_said = st.sampled_from(
    [
        REPORT,
        RESEND,
        CANCEL,
        HELP,
        CODE,
        MistypedCode(),
        SmallTalk(),
        Unsupported(),
        Echo(),
        Deletion(),
    ]
)
any_standing = st.builds(
    ConversationState,
    verification=st.none()
    | st.builds(Verification, st.integers(0, MAX_WRONG_CODES - 1), st.sampled_from(CodeState)),
    recent_sends=st.integers(0, 9),
    recent_messages=st.integers(0, 199),
    has_open_case=st.booleans(),
)


@given(said=anything_said, state=any_standing, is_right=st.booleans())
def test_a_case_is_opened_for_a_right_live_code_and_nothing_else(
    *, said: Said, state: ConversationState, is_right: bool
) -> None:
    decision = decide_reply(said, state, is_right=lambda _: is_right)
    live = state.verification is not None and state.verification.code is CodeState.LIVE
    assert (decision == Verify()) == (said == CODE and live and is_right)


@given(said=anything_said, state=any_standing, is_right=st.booleans())
def test_a_code_is_sent_only_within_the_limit(
    *, said: Said, state: ConversationState, is_right: bool
) -> None:
    decision = decide_reply(said, state, is_right=lambda _: is_right)
    assert not isinstance(decision, Begin | SendAgain) or state.recent_sends < MAX_SENDS
