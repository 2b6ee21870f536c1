"""Passages to embedding windows of at most 250 model tokens, cut by LlamaIndex between sentences.

German programmes have about 2.7 tokens a word, so most passages outgrow the model; a passage's
score is its best window's. Ids and spans stay ours: a window only has to be embedded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

TOKENS = 250


def windows(texts: Sequence[str], tokenize: Callable[[str], list[int]]) -> list[list[str]]:
    """The windows of each text, in order; a short text is its own window."""
    long = [i for i, text in enumerate(texts) if len(tokenize(text)) > TOKENS]
    found: list[list[str]] = [[text] for text in texts]
    if not long:
        return found
    from llama_index.core import Document
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter

    splitter = SentenceSplitter(
        chunk_size=TOKENS,
        chunk_overlap=0,
        tokenizer=tokenize,
        include_metadata=False,
        include_prev_next_rel=False,
    )
    documents = [Document(text=texts[i], doc_id=str(i)) for i in long]
    for i in long:
        found[i] = []
    for node in IngestionPipeline(transformations=[splitter], disable_cache=True).run(documents=documents):
        found[int(str(node.ref_doc_id))].append(node.get_content())
    return [parts or [text] for parts, text in zip(found, texts, strict=True)]
