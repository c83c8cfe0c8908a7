"""What the landing folder holds, in one object for all who read it.

What belongs here: nothing but the ways from the captures to what is asked of them. What does not: which captures serve
(serving), how a dataset stands (standing), what a source may ask (known).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from orchestration.landing import standing
from orchestration.landing.known import KnownCaptures
from orchestration.landing.serving import Captures
from orchestration.landing.standing import SourceStatus
from orchestration.sources.base import Dataset


class Catalog(Captures):
    """The captures of a landing folder as one date knew them, and what follows from them."""

    def known(self, dataset: Dataset, *, published: Path | None = None) -> KnownCaptures:
        """What a source may ask of this folder, and of the release in the file `published` where there is one."""
        return KnownCaptures(self, dataset, published)

    def status(self, dataset: Dataset) -> SourceStatus:
        """How a dataset stands: the one place that says so."""
        return standing.status(self, dataset)

    def fingerprint(self, datasets: list[Dataset]) -> str:
        """A digest of what serves and of what is wrong: equal where a build would publish the same.

        A run that only failed changes it once; the next ones that fail alike do not.
        """
        ids = sorted(f"{d.id}/{c.capture_id}/{self.is_stale(c)}" for d in datasets for c in self.serving(d))
        for dataset in datasets:
            told = self.status(dataset)
            if told.failed or told.skipped or told.damaged:
                ids.append(f"{told.dataset}/{told.state}/{told.failed}/{told.skipped}/{told.failed_since}/{told.why}")
        text = "\n".join([self.edition, str(self.as_of), *ids])
        return hashlib.sha256(text.encode()).hexdigest()
