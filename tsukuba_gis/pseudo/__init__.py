"""Pseudo-citizen records (疑似市民データ), made from safe statistics and a key alone.

Three steps, each with its own file: :mod:`~tsukuba_gis.pseudo.measure` reduces
a register to a statistics file in which every number is safe;
:mod:`~tsukuba_gis.pseudo.audit` attacks the file and repairs it, and an officer
reviews it (:mod:`~tsukuba_gis.pseudo.review`);
:mod:`~tsukuba_gis.pseudo.generate` makes the records from the file.
:mod:`~tsukuba_gis.pseudo.evaluate` measures risk and use of the outcome.
"""
