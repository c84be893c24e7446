"""The operators' desk at ``/desk/``: figures of an exam, and support for single candidates.

Accounts belong to one exam and are made by ``oneseat operator add``. An admission number
is only ever typed into a form that is posted; addresses carry the seat's pseudonym.

Modules:

* ``actions`` -- Operators' actions on seats and exam, each in one transaction with its audit record.
* ``audit_page`` -- The audit log's page: who did what to whom, filtered, paged by key, and exported.
* ``audit_words`` -- Puts entries of the audit log into words: who, what, and the facts in a fixed order.
* ``bulk`` -- Does one act for a pasted list of candidates, each in a transaction of its own, with a result
  per line.
* ``chart`` -- The chart of an exam's progress: from counts in time to the coordinates of an SVG. Pure, and
  scriptless.
* ``csv_export`` -- Writes lists as CSV for spreadsheets: a byte order mark first, and no cell that would run
  as a formula.
* ``failure_words`` -- Says in words what a counted refusal means, and what an operator can do about it.
* ``forms`` -- Handles operators' forms: verifies the form token, acts, and redirects (POST/redirect/GET).
* ``help_acts`` -- Operators' acts on help requests, each in one transaction with its event and its audit
  record.
* ``help_pages`` -- The service desk's pages for operators: the queue of help requests, one request,
  incidents.
* ``help_pictures`` -- Shows an operator the pictures of a help request, one at a time, each look with its
  audit record.
* ``justification`` -- Why an operator acts: a reason out of a list and a note, both kept in the audit entry
  of the act.
* ``live`` -- Sends the overview's figures as they change. A stream does not count as use of the login.
* ``login`` -- Operators' login: password, TOTP code where the account has one, and delays instead of locks.
* ``login_budgets`` -- Budgets of operators' failed logins: by name, by address, by known browser, and with an
  answered question.
* ``obstacles`` -- Says why a candidate is stuck now, how long that lasts, and what would end it. Pure.
* ``offers`` -- Says which acts are offered for a seat now, and what each one will do and will not do. Pure.
* ``pages`` -- Operators' pages: login, overview, one seat, the exam's settings, the audit log.
* ``previews`` -- Compares a new charter with the one in force, so that what it changes is seen before it is
  published.
* ``problem_lists`` -- Lists of candidates who are stuck, as the overview counts them; each opens page by
  page.
* ``rebinding`` -- Frees a seat for the computer that lost its key: one operator asks, another one approves.
* ``room_entry`` -- The way of a logged-in operator from the desk to the pages of the exam room: an entry that
  is good once.
* ``search`` -- Searches for a candidate's seat by whatever the caller can read out: a number, its end, a
  file's name.
* ``timeline`` -- Builds one seat's history from the state: the candidate's steps and the operators' actions.
* ``visits`` -- Authenticates requests to the desk: session cookie, role, and CSRF tokens of forms.
"""
