"""Signing in: password and second factor, or a passkey alone. allauth does the work; the pages and rules are ours."""
