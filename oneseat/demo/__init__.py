"""The demonstration: the whole flow end to end on fictitious people (``oneseat demo``).

Modules:

* ``candidate`` -- A candidate at the portal: logs in and downloads with the SDK, over real HTTP.
* ``computer`` -- A simulated candidate's computer: a wine prefix with its own machine identity.
* ``devtools`` -- Connects to a browser that was just started, over the Chrome DevTools Protocol.
* ``errors`` -- Refusals of the demonstration itself.
* ``evidence`` -- Exports what is kept of the demonstration's interview, verifies it, and plays its joined
  files.
* ``interview`` -- A candidate's mock interview in the exam room, in a real browser, up to the receipt.
* ``phone`` -- A candidate's phone in the demonstration: the downloaded app's licence, and the room's page
  that films.
* ``report`` -- Formats the demonstration's results as table rows and JSON.
* ``room`` -- The demonstration's exam room: a web server that checks the ticket a client posts, and shows it.
* ``room_reports`` -- Reports of the demonstration's exam room to the portal: who started a session, and who
  ended it.
* ``run`` -- Runs the demonstration: release, portal, and an owner and a stranger on simulated computers.
* ``screen`` -- A virtual screen, and a browser's app window on it as the client opens one, with a fake
  camera.
"""
