"""Queries of the issuer: seats and licences, issue runs and their reports."""
