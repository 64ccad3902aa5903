"""The evaluation of a campaign: one document, written as pages, as PDF and as data from which it can be recomputed.

``services`` has it read and judged (``centre.evaluation``), ``chapters`` make the document, ``page``, ``paper`` and
``annex`` write it. The document holds every figure once; what people read and what machines read are the same values.
"""
