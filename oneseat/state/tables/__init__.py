"""The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC."""
