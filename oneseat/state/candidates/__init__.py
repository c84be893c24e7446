"""Queries about one candidate's seat: licence, activation, downloads, attendance, login budget, support."""
