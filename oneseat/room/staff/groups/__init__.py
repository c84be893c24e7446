"""Groups of candidates: who watches which.

Modules:

* ``group_pages`` -- Routes of the page of groups: who watches which, and the beat of an invigilator's open
  page.
* ``grouping`` -- Says who watches which group: prepares groups, assigns their invigilators, and takes one
  over.
* ``watches`` -- Takes in the beats of operators' open pages, and says who is responsible for each of their
  groups.
"""
