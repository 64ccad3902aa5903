"""The evaluation of a campaign: one document, written as pages, as PDF and as data from which it can be recomputed.

``gathering`` reads what the centre holds, ``chapters`` make the document of it, ``page``, ``paper`` and ``annex`` write
it. The document holds every figure once; what people read and what machines read are the same values.
"""
