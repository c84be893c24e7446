"""What is kept of a person, and requests about it.

Modules:

* ``personal`` -- What is kept of a person, and requests about it: recorded with a deadline, and answered
  once.
* ``personal_pages`` -- Routes of the pages about personal data: requests that are open, and what is kept of
  one person.
* ``personal_words`` -- The words of the pages about personal data, in both languages.
"""
