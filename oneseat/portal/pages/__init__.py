"""The pages that candidates see.

Modules:

* ``candidate`` -- Candidates' pages without a login: before the window, login, after it, and refusals; login
  and logout.
* ``documents`` -- Pages to read: the manuals that the portal has itself, and the privacy notice. They need no
  login.
* ``errors`` -- Refusals as pages: the exam and its hotline, words for candidates, and the request's
  identifier.
* ``exam_list`` -- The list of exams: each with its state and interview date, those that want something now
  first.
* ``help`` -- Candidates' page of the service desk: ask for help, with or without a login, and see how it
  goes.
* ``help_pictures`` -- Forms of the candidate's help page that add pictures to a request and take them away. A
  login is needed.
* ``own_page`` -- A candidate's own page, one for every state, and the page route of the download.
* ``phone`` -- Candidates' pages about the phone: the app's download, and QR codes that lead a phone to it.
* ``short_code`` -- The page on which a computer opens the exam whose short code a phone shows.
* ``state_words`` -- The words of each candidate state: heading and text of its next action, and the label of
  its deadline.
* ``upload_words`` -- The words about recordings that are still on the candidate's computer, by what the exam
  room reported.
"""
