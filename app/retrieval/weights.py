"""The fitted integers of retrieval: frozen inputs that a build pins and never refits."""

from __future__ import annotations

from pydantic import Field

from domain.base import Frozen, Language


class Weights(Frozen):
    """How one language pair is ranked; all values in thousandths, equal for every party."""

    grams: int = Field(default=500, ge=0, le=1000, description="Share of 4-grams in the lexical score")
    coverage: int = Field(default=200, ge=0, le=1000, description="Weight of the passage's concept coverage")
    sentence: int = Field(default=200, ge=0, le=1000, description="Weight of the best sentence's concept coverage")
    company: int = Field(default=0, ge=0, le=4000, description="Weight of the related words that a passage holds")
    stance: int = Field(default=0, ge=0, le=1000, description="Bonus of a sentence that takes a stand, on its coverage")
    subjects: int = Field(default=0, ge=0, le=4000, description="Weight of the coverage by the subject index")
    beside: int = Field(default=0, ge=0, le=1000, description="Deduction for a passage that takes no position")
    amount: int = Field(
        default=0, ge=0, le=1000, description="Deduction for a sentence without a number where one is asked for"
    )
    key: int = Field(default=0, ge=0, le=1000, description="Bonus of a key sentence, on the subject index's coverage")
    both: int = Field(
        default=0, ge=0, le=1000, description="By which the coverages of text and subject index, added, are multiplied"
    )
    dense: int = Field(default=0, ge=0, le=1000, description="Weight of the embedding; at 0 none is computed")
    floor: int = Field(default=500, ge=0, le=1000, description="Coverage below which a party is silent on the matter")
    near: int = Field(
        default=300, ge=0, le=1000, description="Coverage from which a silent party's best passage is near"
    )


class WeightTable(Frozen):
    """Weights per language pair `question>document`, or `*` for the rest."""

    fitted_on: str = Field(description="Which labelled data, so that nobody reads them as universal")
    pairs: dict[str, Weights]

    def of(self, question: Language, document: Language) -> Weights:
        """The weights of the pair, of the document's language alone, or the default."""
        for key in (f"{question}>{document}", f"{document}>{document}", "*"):
            if key in self.pairs:
                return self.pairs[key]
        return Weights()
