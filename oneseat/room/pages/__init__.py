"""The pages that candidates see, and the forms by which the client opens them.

Modules:

* ``candidate`` -- Entry by the client's form, the candidate's page, and the same page for uploads alone.
* ``phone`` -- The phone's page, and what of it may be known without a login.
"""
