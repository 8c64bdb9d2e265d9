"""The worker: one task from a job file, told in JSON lines; the QGIS plugin's way in.

``python -I -X utf8 -m tsukuba_gis.worker job.json`` does the task and ends.
Standard output holds nothing but the protocol, one JSON object a line:

``hello``
    ``core`` and ``protocol``: versions; the first line of all.
``progress``
    ``value`` 0–1 and ``text``.
``message``
    ``level`` (``"info"`` or ``"warning"``) and ``text``.
``result``
    ``file``: name of the JSON file, in the job's folder, that holds the outcome.
``error``
    ``kind`` (``"input"``, a fault that the user can mend, or ``"internal"``) and ``text``.

Exit codes: 0 done; 1 internal error; 2 a fault of the input. What libraries
print goes to standard error.
"""
