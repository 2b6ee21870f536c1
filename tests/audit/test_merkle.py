"""The tree against RFC 6962 read word for word, and every altered proof refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadProof
from audit.merkle import check_consistency, check_inclusion, consistency_path, inclusion_path, leaf_hash, root
from tests.audit.logs import entries, plain_root

SIZES = [*range(1, 34), 63, 64, 65, 127, 128, 129, 255, 256, 257, 520]


def node_of(leaves: list[bytes]):  # type: ignore[no-untyped-def]
    hashes = [leaf_hash(e) for e in leaves]
    return lambda level, n: root(hashes[n << level : (n + 1) << level])


@pytest.mark.parametrize("size", [0, *SIZES])
def test_roots_are_those_of_the_standard(size: int) -> None:
    leaves = entries(size)
    assert root([leaf_hash(e) for e in leaves]) == plain_root(leaves)


def test_the_vectors_of_the_standard_library_of_certificate_transparency() -> None:
    """The leaves that RFC 6962 implementations share, and the root over all eight."""
    leaves = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    leaves.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    assert root([leaf_hash(e) for e in leaves]).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_included_and_none_elsewhere(size: int) -> None:
    leaves = entries(size)
    node, top = node_of(leaves), plain_root(leaves)
    for index in {0, size // 3, size // 2, size - 1}:
        path = inclusion_path(index, size, node)
        check_inclusion("p", leaf_hash(leaves[index]), index, size, path, top)
        for wrong in {index - 1, index + 1, size} - {index}:
            with pytest.raises(BadProof):
                check_inclusion("p", leaf_hash(leaves[index]), wrong, size, path, top)
        with pytest.raises(BadProof):
            check_inclusion("p", leaf_hash(b"other"), index, size, path, top)
        with pytest.raises(BadProof):
            check_inclusion("p", leaf_hash(leaves[index]), index, size, [*path, top], top)
        if path:
            with pytest.raises(BadProof):
                check_inclusion("p", leaf_hash(leaves[index]), index, size, path[:-1], top)


@given(st.data())
def test_trees_that_extend_each_other_are_shown_to(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    leaves = entries(new)
    before, after = plain_root(leaves[:old]), plain_root(leaves)
    path = consistency_path(old, new, node_of(leaves))
    check_consistency("c", old, new, path, before, after)
    with pytest.raises(BadProof):
        check_consistency("c", old, new, path, leaf_hash(b"x"), after)
    with pytest.raises(BadProof):
        check_consistency("c", old, new, path, before, leaf_hash(b"x"))
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        with pytest.raises(BadProof):
            check_consistency("c", old, new, [*path[:at], leaf_hash(b"x"), *path[at + 1 :]], before, after)
        with pytest.raises(BadProof):
            check_consistency("c", old, new, path[:-1], before, after)
    if old < new:
        with pytest.raises(BadProof):
            check_consistency("c", new, old, path, after, before)
