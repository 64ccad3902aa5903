"""The official letter as a document: values in, the bytes of a signed PDF or of a DOCX out, laid out by Decree 30/2020.

No models and no database in here, and no clock: the day of the letter and the time of a signature are given.
"""
