"""What runs on the candidate's computer: enrols a seat, and proves it again at every launch.

One windowed program, ``OneSeat.exe`` (Python 3.8, Windows 7 and later):

* :mod:`client.cli` -- the command line (:mod:`client.grammar`), and the only place where refusals are caught
* :mod:`client.enrol` -- run once by the installer: licence, identity, activation, state
* :mod:`client.launch` -- the pure core of every start: values in, acceptance or refusal out
* :mod:`client.contact` -- what the portal has to say since then: newer charters, activations, withdrawals
* :mod:`client.charters`, :mod:`client.vault`, :mod:`client.portal` -- where those values come from
* :mod:`client.exchange` -- bytes to the portal and back; loaded when it is first asked
* :mod:`client.computer` -- what is asked of Windows, and :mod:`client.windows`, which answers
* :mod:`client.window` -- the Tk window

Nothing that ships can be overridden by the environment or by files: the root public key
and the build id are baked in, and everything else is signed by what they lead to.
"""
