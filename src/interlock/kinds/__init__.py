"""The record kinds that come with Interlock: ``qcschema`` and ``python``.

A kind validates specifications and turns them into tasks, nothing else: it imports the domain and pydantic,
never the programs that compute. Others are added by the entry-point group ``interlock.kinds``.
"""
