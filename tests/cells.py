"""What the tests of columns share: plain values, and the fault of one cell."""

import pandas as pd


def cells(column):
    return [None if pd.isna(value) else value for value in column.values]


def fault(reader, cell, **options):
    column = reader(pd.Series([cell], dtype="str"), **options)
    assert column.values.isna().all(), "a cell with a fault has no value"
    return [key for key, mask in column.faults.items() if mask.any()]
