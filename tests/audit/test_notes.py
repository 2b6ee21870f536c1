"""Notes, checkpoints and policies: the examples of the specifications, and everything that is nearly one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoints import Head, read_head
from audit.errors import AuditError, BadSignature, Malformed
from audit.notes import COSIGNATURE, Key, read_key, read_note
from audit.policy import Policy, read_policy
from tests.audit.logs import ORIGIN, policy, signer

HEAD = Head(ORIGIN, 7, bytes(range(32)))
NOTE = signer().sign(HEAD.text()).encode()
FOREIGN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
"""The key and the note of the documentation of Go's golang.org/x/mod/sumdb/note."""
FOREIGN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
WITNESSED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe"
    "+mbIUBkBIfZ+qnA==\n"
)
"""The example of C2SP tlog-cosignature; its keys are not published, so it is only read."""


def test_a_note_of_another_program_is_accepted() -> None:
    key = read_key(FOREIGN_KEY)
    assert str(key) == FOREIGN_KEY
    assert read_note(FOREIGN_NOTE.encode(), "note").signed_by([key], "note") == {key: None}
    altered = FOREIGN_NOTE.replace("answer", "Answer").encode()
    with pytest.raises(BadSignature, match="PeterNeumann"):
        read_note(altered, "note").signed_by([key], "note")


def test_the_example_of_the_specification_is_read() -> None:
    note = read_note(WITNESSED.encode(), "checkpoint")
    head = read_head(note.text, "checkpoint")
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert [s.name for s in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(note.signatures[1].data[:8]) == 1679315147


def test_a_head_is_signed_and_read_again() -> None:
    note = read_note(NOTE, "checkpoint")
    assert read_head(note.text, "checkpoint") == HEAD
    policy().check(note, ORIGIN, "checkpoint")


@pytest.mark.parametrize(
    "spoiled",
    [
        NOTE.replace(b"\n\n", b"\n"),
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace(b"\n7\n", b"\r\n7\r\n"),
        b"\xff" + NOTE,
        NOTE[:-6] + b"????=\n",
        b"x" * 300_000,
        b"",
    ],
)
def test_what_is_no_note_is_said_to_be_none(spoiled: bytes) -> None:
    with pytest.raises(Malformed, match="checkpoint"):
        read_note(spoiled, "checkpoint")


def test_a_signature_has_one_spelling() -> None:
    text = NOTE.decode()
    last = len(text.rstrip("=\n")) - 1
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for letter in set(alphabet) - {NOTE.decode()[last]}:
        with pytest.raises(AuditError):
            policy().check(
                read_note((NOTE.decode()[:last] + letter + NOTE.decode()[last + 1 :]).encode(), "c"), ORIGIN, "c"
            )


@pytest.mark.parametrize(
    "text",
    [
        "o\n07\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n7\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "o\n7\n" + base64.b64encode(bytes(32)).decode() + "\nmore\n",
        "\n7\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n7\n" + base64.b64encode(bytes(32)).decode()[:-2] + "B=\n",
        "o\n٧\n" + base64.b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_what_is_no_checkpoint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Malformed, match="here"):
        read_head(text, "here")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_an_error_of_ours(data: bytes) -> None:
    for read in (lambda d: read_note(d, "x"), lambda d: read_policy(d, "x"), lambda d: read_key(d.decode("latin-1"))):
        try:
            read(data)
        except AuditError:
            continue


def cosigned(note: bytes, name: str, time: int = 1_700_000_000) -> tuple[bytes, Key]:
    one = signer(name, name)
    key = Key(name, COSIGNATURE, one.key.public)
    text = read_note(note, "note").text
    signature = one.private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    line = base64.b64encode(key.id + time.to_bytes(8) + signature).decode()
    return note + f"— {name} {line}\n".encode(), key


def test_witnesses_count_as_the_policy_says() -> None:
    note, keys = NOTE, []
    for name in ("w1.example", "w2.example", "w3.example"):
        note, key = cosigned(note, name)
        keys.append(key)
    lines = [f"log {signer().key}", *(f"witness W{i} {key} https://w{i}.example/" for i, key in enumerate(keys))]
    lines += ["# two of the three", "group two 2 W0 W1 W2", "quorum two"]
    trusted = read_policy("\n".join(lines).encode())
    signed = read_note(note, "c")
    trusted.check(signed, ORIGIN, "c")
    assert signed.signed_by(keys, "c") == dict.fromkeys(keys, 1_700_000_000)
    with pytest.raises(BadSignature, match="quorum"):
        trusted.check(read_note(cosigned(NOTE, "w1.example")[0], "c"), ORIGIN, "c")
    twice = cosigned(cosigned(NOTE, "w1.example")[0], "w1.example", 1_700_000_001)[0]
    with pytest.raises(BadSignature, match="quorum"):
        trusted.check(read_note(twice, "c"), ORIGIN, "c")


def test_a_log_under_another_name_or_key_is_not_trusted() -> None:
    with pytest.raises(BadSignature, match="no trusted log"):
        policy(signer(name="other.example")).check(read_note(NOTE, "c"), ORIGIN, "c")
    with pytest.raises(BadSignature, match="not signed"):
        policy(signer("another key")).check(read_note(NOTE, "c"), ORIGIN, "c")
    forged = signer("another key").sign(HEAD.text()).encode().replace(signer("another key").key.id, b"")
    with pytest.raises(BadSignature):
        policy().check(read_note(forged, "c"), ORIGIN, "c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no quorum"),
        ("quorum none\nquorum none", "line 2"),
        ("quorum W", "not defined"),
        ("log nonsense\nquorum none", "vkey"),
        (f"log {FOREIGN_KEY}\nlog {FOREIGN_KEY}\nquorum none", "twice"),
        (f"witness W {FOREIGN_KEY}\nquorum W", "type 1"),
        ("group g all nobody\nquorum g", "not defined"),
        ("group g 0\nquorum g", "not a line"),
        (f"log {FOREIGN_KEY[:-1]}\nquorum none", "vkey"),
        ("log PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\nquorum none", "id should be"),
        ("quorum\x07none", "control"),
        ("\n" * 600, "more than"),
        (f"log \udce9{FOREIGN_KEY}\nquorum none", "vkey"),
    ],
)
def test_a_policy_says_in_which_line_it_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read_policy(text.encode(errors="surrogateescape"))


def test_a_policy_without_witnesses() -> None:
    assert read_policy(f"log {FOREIGN_KEY}\nquorum none\n".encode()) == Policy((read_key(FOREIGN_KEY),))
