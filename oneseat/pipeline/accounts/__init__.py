"""Accounts that commands manage: operators of the desk, and tokens of services.

Modules:

* ``errors`` -- Refusals of managing operators' accounts.
* ``operators`` -- Manages accounts of the operators' desk: add, list, disable, change password.
* ``service_tokens`` -- Creates, lists and revokes tokens of programs that call the portal.
"""
