"""Two releases: what the difference of two statistics files tells, and the refusal of it.

One statistics file is safe by itself. A second one, measured after residents
moved, were born or died, may not be: the difference of the two tells of those
who changed.

What is covered: whoever holds two files and subtracts them, number by number.
Every published count, every total less its published parts, every cell that
only one of the two shows, every sum and every table of means is looked at, each
table by itself; age bands, areas and groups that were merged differently are
different cells. A count must not change at all, or by k or more.

What is not covered. These are net changes: one of k or more may be told apart
by someone who knows all but one of the people behind it, and one of 0 may hide
people who changed places. Numbers of different tables are not combined beyond
the totals that the tables share. Three files are compared pair by pair.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.releases.counts import bands_of, compare_counts, counts_of
from tsukuba_gis.pseudo.releases.finding import Finding, Kind
from tsukuba_gis.pseudo.releases.labels import labels_of
from tsukuba_gis.pseudo.releases.means import area_means_of, compare_area_means, compare_means
from tsukuba_gis.pseudo.releases.sums import compare_sums, sums_of
from tsukuba_gis.pseudo.written import families, labelled

if TYPE_CHECKING:
    from collections.abc import Collection

    from tsukuba_gis.pseudo.statistics import Statistics

__all__ = ["Finding", "Kind", "audit_release", "masked_as"]


def audit_release(
    previous: Statistics, statistics: Statistics, *, accept: Collection[Kind] = ()
) -> tuple[Finding, ...]:
    """Subtract two statistics files as an attacker would, and refuse if that tells of few people.

    Parameters
    ----------
    previous
        A file that was released.
    statistics
        The file that is to be released.
    accept
        Kinds of findings that do not lead to refusal.

    Returns
    -------
    tuple of Finding
        Empty if nothing was found; k is the larger of the two files'.

    Raises
    ------
    DisclosureError
        If something else than the accepted kinds was found.

    Notes
    -----
    Kinds, and what the attacker does:

    - ``small_change``: subtracts a count from the same count. A change of
      1 … k − 1 tells that so few people came, left or changed.
    - ``small_rest``: the same with a total less the parts that both files show.
    - ``shown_now``, ``hidden_now``: puts a count that one file shows into the
      other, which hides it, where some total over it hardly changed (by less
      than k, or nobody knows by how much).
    - ``sum_change``: subtracts two sums of which the people hardly changed.
    - ``mean_change``: the same with means, by area too, distributions and shares.
    """
    k = max(previous.spec.k, statistics.spec.k)
    found: Counter[tuple[Kind, str]] = Counter()
    if previous.sha256 != statistics.sha256:
        old_bands, new_bands = bands_of(previous, statistics)
        old, new = old_bands | counts_of(previous), new_bands | counts_of(statistics)
        for name in dict.fromkeys((*old, *new)):
            found.update(compare_counts(name, old, new, k))
        found.update(compare_sums(previous, statistics, k))
        found.update(compare_means(previous, statistics, k))
        found.update(compare_area_means(previous, statistics, k))
    findings = tuple(
        Finding(kind=kind, table=table, n=n, k=k)
        for (kind, table), n in sorted(found.items())
        if n > 0
    )
    refused = [finding for finding in findings if finding.kind not in accept]
    if refused:
        kinds = ", ".join(sorted({finding.kind for finding in refused}))
        raise DisclosureError("ledger_refused", n=sum(f.n for f in refused), kinds=kinds)
    return findings


def masked_as(statistics: Statistics, previous: Statistics) -> Statistics:
    """Return the statistics without the cells that an earlier release did not show.

    A fixed mask: what was hidden once stays hidden. The outcome has to be
    audited again. It cannot hide what is always published (the population by
    cluster, sex and age, persons and households by area), nor bring back a cell
    that is hidden now.

    Parameters
    ----------
    statistics
        The new file.
    previous
        The file that was released.
    """
    import dataclasses

    city, built = families(statistics)
    before = counts_of(previous)
    written = dict(statistics.tables)
    for name, table in built.items():
        for level in table.levels:
            if level.role in {"published", "profile"}:
                known = before.get(f"{name}/{level.name}", {})
                for code, own in enumerate(labels_of(table, level.name, city, statistics)):
                    if own not in known or not np.isfinite(known[own].value):
                        table.values[level.name][code] = np.nan
        written[name] = labelled(table, city)
    for name, keys_of in (("sums", sums_of), ("area_means", area_means_of)):
        if name in written:
            shown = set(keys_of(previous))
            keep = [key in shown for key in keys_of(statistics)]
            written[name] = written[name][keep].reset_index(drop=True)
    return dataclasses.replace(statistics, tables=written, audit={})
