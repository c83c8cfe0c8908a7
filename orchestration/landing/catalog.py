"""The landing folder as one object, for everything that reads it.

What belongs here: a facade that only delegates. What does not: which captures are in use (serving), the state of a
dataset (standing), what a source can look up (known).
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
        """What a source can look up in this folder, and in the release in the file `published` if there is one."""
        return KnownCaptures(self, dataset, published)

    def status(self, dataset: Dataset) -> SourceStatus:
        """The state of a dataset; everything that shows it uses this."""
        return standing.status(self, dataset)

    def fingerprint(self, datasets: list[Dataset]) -> str:
        """A digest of the captures in use and of what is wrong: equal if a build would publish the same.

        A run that only failed changes it once; the next ones that fail alike do not.
        """
        ids = sorted(f"{d.id}/{c.capture_id}/{self.is_stale(c)}" for d in datasets for c in self.serving(d))
        for dataset in datasets:
            status = self.status(dataset)
            if status.failed or status.skipped or status.damaged:
                ids.append(
                    f"{status.dataset}/{status.state}/{status.failed}/{status.skipped}/{status.failed_since}/{status.why}"
                )
        text = "\n".join([self.edition, str(self.as_of), *ids])
        return hashlib.sha256(text.encode()).hexdigest()
