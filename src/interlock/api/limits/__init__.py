"""What an operation may ask for.

size.py       of its document: levels, fields, aliases, directives
cost.py       fields of its answer, by the sizes of the pages asked for
allowance.py  bytes that are read for its answer
numbers.py    numbers that JSON does not have
"""
