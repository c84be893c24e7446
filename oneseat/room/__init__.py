"""The exam room: the service that holds an interview, records it and hands out the receipt.

Modules:

* ``rules/`` -- Pure rules, values in and values out: steps, answers' times, segment names, completeness,
  backlogs.
"""
